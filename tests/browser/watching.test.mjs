// @ts-check
import { SCREENS, onStage } from './stage.mjs';

const DRONES = ['--world-size', '3000', '--drones', '5', '--rocks', '0', '--orbs', '0', '--seed', '4'];

onStage('a spectator follows ships, looks around, and sees the whole arena again', DRONES, async (stage) => {
  const tab = await stage.open('?spectate');
  const bar = tab.page.getByRole('navigation', { name: 'Whom to watch' });
  const whole = await tab.until('sees everybody', ({ others, camera }) => others.length === 5 && camera.x === 1500);
  await bar.getByText('Everybody').waitFor();

  await tab.page.keyboard.press('KeyD');
  const near = await tab.until('has come near', ({ camera }) => camera.scale > whole.camera.scale * 2);
  await bar.getByText(near.members[0].name).waitFor();
  await bar.getByRole('button', { name: 'The next ship' }).click();
  await bar.getByText(near.members[1].name).waitFor();

  const { camera } = await tab.state();
  await tab.page.mouse.move(640, 360);
  await tab.page.mouse.wheel(0, -200);
  const closer = await tab.until('is closer', (state) => state.camera.scale > camera.scale);
  await tab.page.mouse.down();
  await tab.page.mouse.move(500, 360, { steps: 4 });
  await tab.page.mouse.up();
  await tab.until('has been dragged to the right', (state) => state.camera.x > closer.camera.x + 50);
  await bar.getByText('Looking around').waitFor();

  await bar.getByRole('button', { name: 'Whole arena' }).click();
  await tab.until('sees everybody', (state) => Math.abs(state.camera.scale - whole.camera.scale) < 0.001);
});

onStage('a tap on a ship follows it', DRONES, async (stage) => {
  const tab = await stage.open('?spectate', SCREENS.phone);
  const state = await tab.until('sees everybody', ({ others, camera }) => others.length === 5 && camera.x === 1500);
  const [ship] = state.others;
  const { x, y } = tab.toScreen(state, ship);
  await tab.page.touchscreen.tap(x, y);
  await tab.until('has come as near as in play', ({ camera }) => camera.scale > 0.5);
  await tab.page.getByRole('navigation', { name: 'Whom to watch' }).getByText(ship.name).waitFor();
});
