// @ts-check
// Keeps pictures of the demo in tests/output/, to be looked at.
import { SCREENS, onStage } from './stage.mjs';

const BUSY_ARENA = ['--seed', '11', '--drones', '12'];
const CENTRE = { x: 2048, y: 2048 };

for (const [screen, options] of Object.entries(SCREENS)) {
  onStage(`the demo fits a ${screen} screen`, BUSY_ARENA, async (stage) => {
    const tab = await stage.open('', options);
    await tab.page.getByLabel('Your name').waitFor();
    await tab.assertPainted();
    await tab.assertFits();
    await tab.keep(`${screen}-menu`);

    await tab.join('Ada Lovelace');
    await tab.page.keyboard.down('KeyW');
    await tab.page.mouse.down();
    await tab.until(
      'is in the thick of it',
      ({ entities: { ships, bullets } }) => ships > 1 && bullets > 3,
      (state) => tab.aim(state, state.others[0] ?? CENTRE),
    );
    await tab.assertPainted();
    await tab.assertFits();
    await tab.keep(`${screen}-playing`);
  });

  onStage(`a spectator's view fits a ${screen} screen`, BUSY_ARENA, async (stage) => {
    const tab = await stage.open('?spectate', options);
    await tab.until('sees the drones', ({ phase, others }) => phase === 'watching' && others.length > 3);
    await tab.assertPainted();
    await tab.assertFits();
    await tab.keep(`${screen}-watching`);
  });
}
