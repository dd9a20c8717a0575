// @ts-check
// Rows of the tables. Text from players and operators is inserted as text, never as markup.

/** @param {...(string | number | Node)} cells @returns {HTMLTableRowElement} */
function row(...cells) {
  const element = document.createElement('tr');
  element.append(...cells.map((content) => {
    const cell = document.createElement('td');
    cell.append(typeof content === 'number' ? String(content) : content);
    return cell;
  }));
  return element;
}

/** @param {string} text @param {string} className @param {() => void} run */
function button(text, className, run) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = text;
  element.addEventListener('click', run);
  return element;
}

/** @param {any} room */
function state({ paused, locked, unsaved }) {
  return [paused && 'paused', locked && 'locked', unsaved && 'not stored'].filter(Boolean).join(', ') || 'running';
}

/** @param {any} room @param {boolean} isSelected @param {() => void} select */
export function roomRow(room, isSelected, select) {
  const { name, players, seats, spectators, tick, tick_rate: tickRate } = room;
  const element = row(button(name, 'link', select), `${players} / ${seats}`, spectators, tick, tickRate, state(room));
  element.setAttribute('aria-selected', String(isSelected));
  return element;
}

/** @param {any} client @param {{ kick: () => void, ban: () => void }} actions */
export function clientRow({ name, network, subject }, { kick, ban }) {
  const element = row(name ?? 'spectator', network, subject ?? '');
  const actions = document.createElement('td');
  actions.className = 'actions';
  actions.append(button('Kick', '', kick), button('Ban…', 'danger', ban));
  element.append(actions);
  return element;
}

/** @param {any} ban @param {() => void} lift */
export function banRow({ network, subject, until, note }, lift) {
  const end = until === null ? 'unlimited' : new Date(1000 * until).toLocaleString();
  return row(network ?? subject, end, note, button('Lift', '', lift));
}
