// @ts-check
// Pictures of what is drawn over and over: to copy one costs a fraction of filling and stroking its outlines anew.

/** A picture has up to so many times the pixels that are needed, so that a slowly changing zoom does not ask for new ones. */
const ZOOM_STEP = 2 ** 0.25;
const MARGIN_PX = 2;

/** A square picture around a middle. `zoom`: its pixels per unit. */
export class Sprite {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.zoom = 0;
    /** What is on it, in words of whoever paints it. */
    this.label = '';
  }

  /**
   * Paints it anew, unless it shows just that already.
   * @param {string} label what is to be on it
   * @param {number} radius how far that reaches, in units
   * @param {number} zoom how large it will be drawn, in pixels per unit
   * @param {(pencil: CanvasRenderingContext2D) => void} paint in units around the middle
   */
  paint(label, radius, zoom, paint) {
    const stepped = ZOOM_STEP ** Math.ceil(Math.log(zoom) / Math.log(ZOOM_STEP));
    if (this.label === label && this.zoom === stepped) return;
    const side = Math.ceil(radius * stepped) * 2 + 2 * MARGIN_PX;
    // Setting the size, even to the same one, wipes it.
    this.canvas.width = side;
    this.canvas.height = side;
    const pencil = this.canvas.getContext('2d');
    if (!pencil) return;
    pencil.setTransform(stepped, 0, 0, stepped, side / 2, side / 2);
    paint(pencil);
    this.label = label;
    this.zoom = stepped;
  }

  /**
   * Draws it, around where the context has its origin.
   * @param {CanvasRenderingContext2D} context
   */
  draw(context) {
    const side = this.canvas.width / this.zoom;
    context.drawImage(this.canvas, -side / 2, -side / 2, side, side);
  }
}
