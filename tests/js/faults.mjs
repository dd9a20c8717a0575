// @ts-check
/**
 * Deliberate faults in a client: each replaces one piece of source code of `web/netcode`. For each of the `FAULTS`, at
 * least one golden vector must fail.
 *
 * @typedef {{fault: string, file: string, from: string, to: string}} Fault `from` occurs once in the file
 */

/** @param {string} file @param {[fault: string, from: string, to: string][]} faults @returns {Fault[]} */
const inFile = (file, faults) => faults.map(([fault, from, to]) => ({ fault, file, from, to }));

/** @type {Fault[]} */
export const FAULTS = [
  ...inFile('bytes.js', [
    ['251 is written as one byte', 'if (number < U16) {\n      this.byte', 'if (number <= U16) {\n      this.byte'],
    [
      'a u16 in the form of a u32 is accepted',
      'first === U16 ? this.fixed16() : fail(\'number exceeds 16 bits\')',
      'first === U16 ? this.fixed16() : first === U32 ? this.fixed32() & 0xffff : fail(\'\')',
    ],
    [
      'longer forms of small numbers are rejected',
      '      return this.fixed16();\n    }',
      '      const n = this.fixed16(); return n < U16 ? fail(\'\') : n;\n    }',
    ],
    [
      'a LEB128 number with trailing zeros is rejected',
      'if (byte < 0x80) {',
      'if (byte === 0 && scale > 1) fail(\'\');\n      if (byte < 0x80) {',
    ],
    [
      'a LEB128 number above 32 bits is accepted',
      'number < 2 ** 32 ? number : fail(\'number exceeds 32 bits\')',
      'number % 2 ** 32',
    ],
    ['a LEB128 number of six bytes is accepted', 'scale <= 2 ** 28', 'scale <= 2 ** 35'],
    ['the length of a list has at most 32 bits', '} else if (first === U64) {', '} else if (first === 999) {'],
    ['invalid UTF-8 is replaced', 'fatal: true', 'fatal: false'],
    ['a byte order mark is removed from a name', 'ignoreBOM: true', 'ignoreBOM: false'],
    ['a boolean of 2 is accepted', 'byte <= 1 ? byte === 1 : fail(\'invalid boolean\')', 'byte !== 0'],
    ['bytes after the last field are ignored', 'if (this.remaining > 0)', 'if (this.remaining > 2 ** 20)'],
    ['the margin of a report is unsigned', 'return (this.byte() << 24) >> 24;', 'return this.byte();'],
  ]),
  ...inFile('name.js', [
    ['the limit of a name counts characters', 'new TextEncoder().encode(text).length', 'text.length'],
    ['a room name of 33 characters is accepted', '{1,32}$', '{1,33}$'],
  ]),
  ...inFile('rules.js', [
    ['a tick rate of 121 is accepted', 'tickRate <= 120', 'tickRate <= 1200'],
    ['a world of 511 units is accepted', 'worldSize >= 512', 'worldSize >= 1'],
    ['a round of 14 seconds is accepted', 'roundS >= 15', 'roundS >= 14'],
    ['a round of 3601 seconds is accepted', 'roundS <= 3600', 'roundS <= 3601'],
    ['a round without end is rejected', 'roundS === 0 || ', ''],
    ['durations are rounded up', 'Math.floor((rules.tickRate * ms) / 1000)', 'Math.ceil((rules.tickRate * ms) / 1000)'],
  ]),
  ...inFile('codec.js', [
    ['a first byte with bit 7 is always a snapshot', '(head & SNAPSHOT) !== 0 ? readSnapshot', 'head >= 64 ? readSnapshot'],
    ['personal sections with unknown contents are accepted', 'contents > 7', 'false'],
    ['an unknown outcome means that the action was discarded', 'tag === 2 ?', 'tag > 1 ?'],
    ['the id of a change is signed', 'high * 16 + (first & 15)', '(high << 6 >> 2) | (first & 15)'],
    ['an entity id of 32 bits is accepted', 'high < ENTITY_ID_LIMIT / 16', 'high < 2 ** 28'],
    ['an unknown player kind is an AI player', ': tag === 1 ? \'ai\' : fail(\'unknown player kind\')', ': \'ai\''],
    ['a welcome without valid rules is accepted', 'Rules.areValid(rules) ? rules : fail(\'invalid rules\')', 'rules'],
  ]),
  ...inFile('player_id.js', [
    ['a player number above 16 bits is accepted', 'number <= 0xffff ? number', 'number <= 2 ** 32 ? number'],
  ]),
  ...inFile('game_event.js', [
    ['victim and destroyer are confused', 'switch (first & 3) {', 'switch ((first & 3) ^ 1) {'],
    ['the leader is in the next field', 'mapField(number - 1)', 'mapField(number)'],
    ['the fields of ships are absolute', 'number += reader.leb128();', 'number = reader.leb128();'],
    ['a map may list 65 ships', 'count > MAP_SHIPS_MAX', 'count > MAP_SHIPS_MAX + 1'],
    ['a field outside the map is accepted', 'number >= MAP_SIDE * MAP_SIDE', 'number > MAP_SIDE * MAP_SIDE'],
    ['two values of the density are swapped', '[byte & 3, (byte >> 2) & 3,', '[(byte >> 2) & 3, byte & 3,'],
    ['a podium may have four places', 'number <= 1 + PLACES_MAX', 'number <= 2 + PLACES_MAX'],
    [
      'the player who collected an orb is unknown',
      '{ kind: \'collected\', player: playerId(number) }',
      '{ kind: \'collected\', player: 0 }',
    ],
    ['a podium has one place more than its number says', 'readPlaces(reader, number - 1)', 'readPlaces(reader, number)'],
  ]),
  ...inFile('controls.js', [
    ['unknown steering is accepted', 'number >= STEERINGS.length', 'number > STEERINGS.length + 2000'],
    [
      'thrust and fire are swapped',
      'const THRUST = 1 << 11;\nconst FIRE = 1 << 12;',
      'const THRUST = 1 << 12;\nconst FIRE = 1 << 11;',
    ],
    ['a choice is not sent', ' | (choice << CHOICE_SHIFT)', ''],
  ]),
  ...inFile('progress.js', [
    ['a ship with six orbs is accepted', 'orbs > ORBS_FULL ? null : ', ''],
    ['an offer needs only four orbs', 'progress.orbs < ORBS_FULL', 'progress.orbs < ORBS_FULL - 1'],
    ['the order of offers does not change', 'const first = levelsOf(progress);', 'const first = 0;'],
    ['an upgrade can be chosen four times', 'levelOf(progress, upgrade) < LEVEL_MAX', 'levelOf(progress, upgrade) <= LEVEL_MAX'],
    ['a choice does not empty the bar', '    progress.orbs = 0;\n', ''],
    ['the digest omits the orbs', ', orbs);', ', 0);'],
  ]),
  ...inFile('entity.js', [
    ['a heading is not taken mod 1024', 'Angle.of(reader.fixed16())', 'reader.fixed16()'],
    ['an absent heading is 0', ': steering.aim;', ': 0;'],
    ['an absent hull is 0', ': HULL_FULL;\n  const progressBits', ': 0;\n  const progressBits'],
    ['cooldown and shot overlap', 'gun >> 5]', 'gun >> 4]'],
    ['protection and recharge overlap', '(timers >> 10) & 0x3ff', '(timers >> 9) & 0x3ff'],
    ['progress and choice overlap', 'progressBits >> 11]', 'progressBits >> 10]'],
    ['unused bits of the progress are ignored', ' || progressBits >> 13 !== 0', ''],
    ['a patch adds no orb', 'Math.min(entity.orbs + 1, ORBS_FULL)', 'entity.orbs'],
    [
      'a hull of 127 in a patch is accepted',
      'if (orb) throw new DecodeError(\'malformed\', \'hull of a patch too large\');',
      '',
    ],
    ['a rebound changes nothing', "if (entity.kind === 'rock') Object.assign(entity, patch);", ''],
    ['the bar of a ship has no maximum', 'Math.min(entity.orbs + 1, ORBS_FULL)', 'entity.orbs + 1'],
    ['a velocity is unsigned', 'signed(high, 14)', 'high & 0x3fff'],
    ['a bullet may live longer than 255 ticks', 'packed >> 4 > 0xff', 'packed >> 4 > 0xfff'],
    ['a rock may have the size 3', 'if (size === 3)', 'if (size === 4)'],
    [
      'the unused bits of an orb are checked',
      'default: {\n      const [x, y]',
      'default: {\n      if (first !== 3) throw new DecodeError(\'malformed\', \'\');\n      const [x, y]',
    ],
    [
      'controls of an entity that is no ship have an effect',
      'if (entity.kind === \'ship\') {\n    entity.controls',
      '{\n    /** @type {any} */ (entity).controls',
    ],
    [
      'a patch of an entity without a hull has an effect',
      'if (entity.kind === \'ship\' || entity.kind === \'rock\') {',
      '{',
    ],
  ]),
  ...inFile('replica.js', [
    ['a full snapshot keeps the entities', '      this.entities.clear();\n', ''],
    ['a full snapshot keeps the players', '      this.players.clear();\n', ''],
    ['a new view drops entities only after coasting', 'this.#dropOutOfView(header.view);', ';'],
    ['entities that leave the view are kept', '    this.#dropOutOfView(view);\n', ''],
    ['an unknown entity in a controls change is ignored', 'if (unknown !== null)', 'if (unknown === -1)'],
    [
      'an unknown entity in a despawn is ignored',
      'effects.despawned.push([id, this.#known(tick, id)]);',
      'if (this.entities.has(id)) effects.despawned.push([id, this.#known(tick, id)]);',
    ],
    [
      'controls also apply after coasting',
      'case \'controls\':\n        break;',
      'case \'controls\':\n        Object.assign(this.entities.get(id) ?? {}, { controls: change.controls });\n        break;',
    ],
    ['the checksum is not verified', 'header.checksum !== this.#checksum(tick)', 'false'],
    [
      'the checksum does not include the tick',
      '(Digest.ofEntities(this.entities) + tick) >>> 0',
      'Digest.ofEntities(this.entities)',
    ],
    ['the state is kept after an error', '      this.#state = null;\n      throw', '      throw'],
    ['ticks do not wrap', 'Tick.next(this.#state.tick)', 'this.#state.tick + 1'],
    [
      'a full snapshot without a view shows everything',
      'throw new ReplicaError(\'expectedFull\');\n      }\n      return',
      '}\n      header.view ??= this.#grid.everything();\n      return',
    ],
    [
      'a player who joins again keeps the standing',
      'standing: NEW_STANDING }',
      'standing: this.players.get(event.player)?.standing ?? NEW_STANDING }',
    ],
    [
      'Left of an unknown player is an error',
      'this.players.delete(event.player);',
      'if (!this.players.delete(event.player)) throw new ReplicaError(\'unknownEntity\', { tick: 0 });',
    ],
    ['a full snapshot keeps the phase', '      this.waiting = false;\n', ''],
    ['a player is in the next team', '{ team: event.team }', '{ team: event.team + 1 }'],
    ['a player stays ready', '{ ready: event.ready }', '{ ready: true }'],
    ['the room waits without end', 'this.waiting = event.waiting;', 'this.waiting = true;'],
    ['the kind of a player is lost', 'kind: event.playerKind', 'kind: \'human\''],
    ['game events are not reported', '        effects.events.push(event.event);\n', ''],
  ]),
  ...inFile('standing.js', [
    ['a kill is worth 10', 'KILL_SCORE = 100', 'KILL_SCORE = 10'],
    ['the score wraps', 'Math.min(score + KILL_SCORE, 0xffff_ffff)', '(score + KILL_SCORE) >>> 0'],
    ['kills are not bounded', 'Math.min(kills + 1, 0xffff)', 'kills + 1'],
    ['streaks are not bounded', 'Math.min(streak + 1, 0xffff)', 'streak + 1'],
    ['a death does not end the streak', '0xffff), streak: 0 }', '0xffff), streak: 1 }'],
    ['an orb adds no score', 'standing.score + ORB_SCORE', 'standing.score'],
    ['the end of a round keeps the standings', 'player.standing = NEW_STANDING;', ';'],
    ['deaths are not bounded', 'Math.min(deaths + 1, 0xffff)', 'deaths + 1'],
    [
      'a death by a rock does not count',
      '  update(players, victim, withDeath);\n  if (by.kind === \'player\') {',
      '  if (by.kind === \'player\') {\n    update(players, victim, withDeath);',
    ],
  ]),
  ...inFile('grid.js', [
    [
      'positions beyond the border are in no cell',
      'Math.min(Math.floor(Math.max(coordinate, 0) / this.cellSize), this.last)',
      'Math.floor(coordinate / this.cellSize)',
    ],
    ['the last column of a view is outside it', 'column <= view.right', 'column < view.right'],
    ['a world may have more than 256 cells', 'CELLS_PER_AXIS_MAX = 256', 'CELLS_PER_AXIS_MAX = 257'],
    [
      'a cell size of 0 is accepted',
      '!(this.last < CELLS_PER_AXIS_MAX)',
      'this.last >= CELLS_PER_AXIS_MAX && this.cellSize > 0',
    ],
  ]),
  ...inFile('world.js', [
    [
      'a new bullet does not replace the entity with its id',
      'spawns.forEach((spawn) => entities.set(spawn.id, spawn.entity));',
      'spawns.forEach((spawn) => entities.has(spawn.id) || entities.set(spawn.id, spawn.entity));',
    ],
    [
      'a new bullet coasts at once',
      'spawns.sort((a, b) => a.parent - b.parent);',
      'spawns.forEach((spawn) => coast(rules, spawn.id, spawn.entity, []));',
    ],
    ['expired entities are kept', '      entities.delete(id);\n', ''],
  ]),
  ...inFile('motion.js', [
    [
      'a ship turns faster than 1024 // R per tick',
      'Math.floor(TURN_PER_SECOND / tickRate)',
      'Math.ceil(TURN_PER_SECOND / tickRate)',
    ],
    ['drag is rounded down', '* DRAG[0] + divisor - 1) / divisor', '* DRAG[0]) / divisor'],
    ['a bounce is not damped', 'bounce(rules, ship, 2)', 'bounce(rules, ship, 1)'],
    ['a dash needs no recharging', ' && ship.recharge === 0', ''],
    ['a shot does not end the protection', '  ship.protection = 0;\n', ''],
    ['a ship fires before its cooldown ends', 'fire && ship.cooldown === 0', 'fire && ship.cooldown <= 1'],
    ['the shot counter does not wrap', '(shot + 1) % ids.SHOTS_PER_SHIP', 'shot + 1'],
    ['upgrades are never chosen', '  choose(ship, ship.controls.choice);\n', ''],
    ['the speed has no effect', " + levelOf(ship, 'speed'))", ')'],
    ['the fire rate has no effect', "COOLDOWN_MS[levelOf(ship, 'fireRate')]", 'COOLDOWN_MS[0]'],
    ['the spread has no effect', "const spread = levelOf(ship, 'spread');", 'const spread = 0;'],
    ['the bullets of a shot are parallel', '((2 * number - spread) * FAN_ANGLE) / 2', '0'],
    ['the bullets of a shot have the same id', 'ids.bullet(id, shot, number)', 'ids.bullet(id, shot, 0)'],
    ['bullets do not age', 'Math.max(bullet.life - 1, 0)', 'bullet.life'],
    [
      'bullets expire beyond the border only on one side',
      'at >= 0 && at < Rules.extent(rules)',
      'at < Rules.extent(rules)',
    ],
    [
      'the position of a new bullet is not limited',
      'const x = clamp(ship.x + divideRounded(MUZZLE * Angle.cos(heading), ONE), 0, Rules.extent(rules) - 1);',
      'const x = ship.x + divideRounded(MUZZLE * Angle.cos(heading), ONE);',
    ],
    [
      'the speed of a ship is limited before the drag',
      'ship.vx = clamp(dragged(ship.vx, tickRate), -SHIP_VELOCITY_MAX, SHIP_VELOCITY_MAX);',
      'ship.vx = dragged(clamp(ship.vx, -SHIP_VELOCITY_MAX, SHIP_VELOCITY_MAX), tickRate);',
    ],
  ]),
  ...inFile('units.js', [
    [
      'quotients are rounded towards zero',
      'Math.floor((2 * dividend + divisor) / (2 * divisor))',
      'Math.trunc(dividend / divisor)',
    ],
    ['a half turn goes the other way', '& (TURN - 1)) - TURN / 2', '& (TURN - 1)) - TURN / 2 || TURN / 2'],
  ]),
  ...inFile('digest.js', [
    ['the digest of an entity does not depend on its id', '    digest.add(id);\n', ''],
    ['the digest is not finalized', 'hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);', ''],
  ]),
];

/**
 * Faults that no vector can detect. `reason` says why.
 * @type {(Fault & {reason: string})[]}
 */
export const UNOBSERVABLE = [
  {
    fault: 'the aim of controls is not limited to ten bits',
    file: 'controls.js',
    from: '(aim & (TOWARDS - 1))',
    to: 'aim',
    reason: 'all vectors contain valid controls, in which the aim is an angle',
  },
  {
    fault: 'new entities are inserted in another order',
    file: 'world.js',
    from: 'a.parent - b.parent',
    to: 'b.parent - a.parent',
    reason: 'two ships never fire bullets with the same id, so the order of insertion has no effect on the state',
  },
  {
    fault: 'the life of a bullet is not limited to 8 bits when it spawns',
    file: 'motion.js',
    from: 'Rules.ticks(rules, BULLET_LIFE_MS) & 0xff',
    to: 'Rules.ticks(rules, BULLET_LIFE_MS)',
    reason: 'at 120 ticks per second, the highest rate, a bullet lives for 132 ticks',
  },
];

/**
 * Faults in the behaviour of a connection, which vectors do not test. `rule` is the rule of the conformance server that a
 * client with the fault violates. `tests/package/conformance.test.mjs` examines clients with these faults.
 * @type {(Fault & {rule: string})[]}
 */
export const BEHAVIOUR_FAULTS = [
  {
    fault: 'another subprotocol is offered',
    rule: 'subprotocol',
    file: 'codec.js',
    from: '\'tickcast.1\'',
    to: '\'tickcast.2\'',
  },
  {
    fault: 'the Hello contains another fingerprint',
    rule: 'hello',
    file: 'codec.js',
    from: 'FINGERPRINT = \'',
    to: 'FINGERPRINT = \'00\' + \'',
  },
  {
    fault: 'a tick is acknowledged before it is applied',
    rule: 'acknowledgements',
    file: 'uplink.js',
    from: 'acknowledged: newest, controls }',
    to: 'acknowledged: (newest + 1) >>> 0, controls }',
  },
  {
    fault: 'acknowledgements are sent every three seconds',
    rule: 'acknowledgement-timer',
    file: 'uplink.js',
    from: 'IDLE_MS_MAX = 1000',
    to: 'IDLE_MS_MAX = 3000',
  },
  {
    fault: 'bytes are not counted',
    rule: 'acknowledgement-bytes',
    file: 'uplink.js',
    from: 'UNACKNOWLEDGED_BYTES_MAX = 8 * 1024',
    to: 'UNACKNOWLEDGED_BYTES_MAX = 8 * 1024 * 1024',
  },
  {
    fault: 'a Resync is not repeated',
    rule: 'repeated-resync',
    file: 'connection.js',
    from: 'RESYNC_INTERVAL_MS = 1000',
    to: 'RESYNC_INTERVAL_MS = 1_000_000',
  },
  {
    fault: 'every discarded snapshot causes a Resync',
    rule: 'repeated-resync',
    file: 'connection.js',
    from: 'if (this.#resyncRequestedAt !== null && snapshot.header.full === null) {',
    to: 'if (this.replica === null) {',
  },
  {
    fault: 'an error in a snapshot is ignored',
    rule: 'checksum',
    file: 'replica.js',
    from: 'header.checksum !== this.#checksum(tick)',
    to: 'false',
  },
  {
    fault: 'reports do not change the lead',
    rule: 'lead',
    file: 'lead.js',
    from: 'if (at < 0) {',
    to: 'if (at < 0 || margin < 100) {',
  },
  {
    fault: 'inputs are stamped too far ahead',
    rule: 'stamp-limit',
    file: 'lead.js',
    from: '(Math.floor(tick) + 1) >>> 0',
    to: '(Math.floor(tick) + 90) >>> 0',
  },
  {
    fault: 'a lost connection is final',
    rule: 'reconnects',
    file: 'close.js',
    from: '[1006, \'the connection was lost\', true]',
    to: '[1006, \'the connection was lost\', false]',
  },
  {
    fault: 'the room of the Welcome is forgotten',
    rule: 'resume-room',
    file: 'client.js',
    from: '    url.searchParams.set(\'room\', this.#room);\n',
    to: '',
  },
  {
    fault: 'the first token is kept',
    rule: 'resume-token',
    file: 'client.js',
    from: 'this.#resumeToken = seat?.token ?? null;',
    to: 'this.#resumeToken ??= seat?.token ?? null;',
  },
  {
    fault: 'the delay of a Drain is ignored',
    rule: 'drain-delay',
    file: 'client.js',
    from: 'this.#drainMs = reconnectAfterMs;',
    to: 'this.#drainMs = 0;',
  },
  {
    fault: 'a final close code is not final',
    rule: 'final-code',
    file: 'close.js',
    from: '[4008, \'another connection resumed this seat\', false]',
    to: '[4008, \'another connection resumed this seat\', true]',
  },
];
