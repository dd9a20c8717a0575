// @ts-check
// Saves screenshots of the demo to tests/output/.
import { SCREENS, browserTest } from './fixture.mjs';

const BUSY_ARENA = ['--seed', '11', '--drones', '12'];
const CENTRE = { x: 1100, y: 1100 };

for (const [screen, options] of Object.entries(SCREENS)) {
  browserTest(`the demo fits a ${screen} screen`, BUSY_ARENA, async (fixture) => {
    const tab = await fixture.open('', options);
    await tab.page.getByLabel('Your name').waitFor();
    await tab.assertPainted();
    await tab.assertFits();
    await tab.screenshot(`${screen}-menu`);

    await tab.join('Ada Lovelace');
    await tab.page.keyboard.down('KeyW');
    await tab.page.mouse.down();
    await tab.until(
      'is in combat',
      ({ entities: { ships, bullets } }) => ships > 1 && bullets > 3,
      (state) => tab.aim(state, state.others[0] ?? CENTRE),
    );
    await tab.assertPainted();
    await tab.assertFits();
    await tab.screenshot(`${screen}-playing`);
  });

  browserTest(`a spectator's view fits a ${screen} screen`, BUSY_ARENA, async (fixture) => {
    const tab = await fixture.open('?spectate', options);
    await tab.until('sees the drones', ({ phase, others }) => phase === 'spectating' && others.length > 3);
    await tab.assertPainted();
    await tab.assertFits();
    await tab.screenshot(`${screen}-spectating`);
  });
}
