// The small arena that every server of the comparison simulates; `src/servers/arena.rs` is the same in Rust. README.md
// specifies it. Positions are in eighths of a unit.

export const TICKS_PER_SECOND = 20;
export const TICK_MS = 1000 / TICKS_PER_SECOND;
const WORLD_SIZE = 32_000;
const HEADINGS = 1024;
const THRUST = 4;
const DRAG = 0.96;
/** Bytes of a ship in the packed update: id, x, y, heading. */
const SHIP_BYTES = 7;

/** A ship, and the newest controls of its player. */
export class Ship {
  constructor(id) {
    this.id = id;
    this.x = (id * 7919) % WORLD_SIZE;
    this.y = (id * 104_729) % WORLD_SIZE;
    this.heading = 0;
    this.motion = new Motion(this.x, this.y);
  }
}

/** The part of a ship's state that the server does not send: exact position, velocity and controls. */
export class Motion {
  constructor(x, y) {
    this.x = x;
    this.y = y;
    this.velocityX = 0;
    this.velocityY = 0;
    this.aim = 0;
    this.thrust = false;
  }

  /** Sets the controls that an input of the player contains. */
  setControls(aim, thrust) {
    this.aim = aim & (HEADINGS - 1);
    this.thrust = thrust;
  }

  /** Advances by one tick, and writes the result to `x`, `y` and `heading` of the ship. */
  step(ship) {
    if (this.thrust) {
      const angle = (this.aim * 2 * Math.PI) / HEADINGS;
      this.velocityX += THRUST * Math.cos(angle);
      this.velocityY += THRUST * Math.sin(angle);
    }
    this.velocityX *= DRAG;
    this.velocityY *= DRAG;
    this.x = wrap(this.x + this.velocityX);
    this.y = wrap(this.y + this.velocityY);
    ship.x = Math.floor(this.x);
    ship.y = Math.floor(this.y);
    ship.heading = this.aim;
  }
}

function wrap(position) {
  return position < 0 ? position + WORLD_SIZE : position >= WORLD_SIZE ? position - WORLD_SIZE : position;
}

/** A room: its ships in the order in which they joined. */
export class Arena {
  ships = [];

  join() {
    const ship = new Ship(this.ships.length);
    this.ships.push(ship);
    return ship;
  }

  step() {
    for (const ship of this.ships) ship.motion.step(ship);
  }

  /** All ships in seven bytes each: id, x, y and heading, little-endian. */
  packed() {
    const bytes = Buffer.allocUnsafe(this.ships.length * SHIP_BYTES);
    let offset = 0;
    for (const ship of this.ships) {
      bytes.writeUInt8(ship.id, offset);
      bytes.writeUInt16LE(ship.x, offset + 1);
      bytes.writeUInt16LE(ship.y, offset + 3);
      bytes.writeUInt16LE(ship.heading, offset + 5);
      offset += SHIP_BYTES;
    }
    return bytes;
  }
}

/** The controls in an input of two bytes: the aim, and the thrust in the highest bit. */
export function unpackInput(bytes) {
  const bits = bytes.readUInt16LE(0);
  return { aim: bits & (HEADINGS - 1), thrust: bits >= 0x8000 };
}

/** Rooms of a fixed size, filled one after the other. `create` returns a new room, which has the property `arena`. */
export class Rooms {
  #create;
  #roomSize;
  all = [];

  constructor(roomSize, create) {
    this.#roomSize = roomSize;
    this.#create = create;
  }

  /** The room for the next player. */
  next() {
    const last = this.all.at(-1);
    if (last && last.arena.ships.length < this.#roomSize) return last;
    const room = this.#create(this.all.length);
    this.all.push(room);
    return room;
  }
}

/** Options that the benchmark passes to every server: `--port N --room-size N`, and `--tuned` for the tuned variant. */
export function readOptions() {
  const value = (name) => Number(process.argv[process.argv.indexOf(name) + 1]);
  return { port: value('--port'), roomSize: value('--room-size'), isTuned: process.argv.includes('--tuned') };
}
