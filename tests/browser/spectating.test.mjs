// @ts-check
import { SCREENS, browserTest } from './fixture.mjs';

const DRONES = ['--world-size', '3000', '--drones', '5', '--rocks', '0', '--orbs', '0', '--seed', '4'];

browserTest('a spectator follows ships, moves the camera, and returns to the whole arena', DRONES, async (fixture) => {
  const tab = await fixture.open('?spectate');
  const bar = tab.page.getByRole('navigation', { name: 'Spectator camera' });
  const whole = await tab.until('sees all ships', ({ others, camera }) => others.length === 5 && camera.x === 1500);
  await bar.getByText('All ships').waitFor();

  await tab.page.keyboard.press('KeyD');
  const near = await tab.until('is zoomed in', ({ camera }) => camera.scale > whole.camera.scale * 2);
  await bar.getByText(near.players[0].name).waitFor();
  await bar.getByRole('button', { name: 'Next ship' }).click();
  await bar.getByText(near.players[1].name).waitFor();

  const { camera } = await tab.state();
  await tab.page.mouse.move(640, 360);
  await tab.page.mouse.wheel(0, -200);
  const closer = await tab.until('is closer', (state) => state.camera.scale > camera.scale);
  await tab.page.mouse.down();
  await tab.page.mouse.move(500, 360, { steps: 4 });
  await tab.page.mouse.up();
  await tab.until('has been dragged to the right', (state) => state.camera.x > closer.camera.x + 50);
  await bar.getByText('Free camera').waitFor();

  await bar.getByRole('button', { name: 'Whole arena' }).click();
  await tab.until('sees all ships', (state) => Math.abs(state.camera.scale - whole.camera.scale) < 0.001);
});

browserTest('a tap on a ship follows it', DRONES, async (fixture) => {
  const tab = await fixture.open('?spectate', SCREENS.phone);
  const state = await tab.until('sees all ships', ({ others, camera }) => others.length === 5 && camera.x === 1500);
  const [ship] = state.others;
  const { x, y } = tab.toScreen(state, ship);
  await tab.page.touchscreen.tap(x, y);
  await tab.until('is zoomed in as in play', ({ camera }) => camera.scale > 0.5);
  await tab.page.getByRole('navigation', { name: 'Spectator camera' }).getByText(ship.name).waitFor();
});
