// @ts-check
// Cached images. Drawing a cached image is much cheaper than filling and stroking its outlines again.

/** The resolution is rounded up to a power of this, so that a sprite is not repainted every frame while the zoom changes. */
const ZOOM_STEP = 2 ** 0.25;
const MARGIN_PX = 2;

/** A square image, centered on the origin. `zoom` is its resolution in pixels per unit. */
export class Sprite {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.zoom = 0;
    /** Identifies the content. */
    this.label = '';
  }

  /**
   * Repaints the sprite unless it already has this content and resolution.
   * @param {string} label identifies the content: equal labels mean equal images
   * @param {number} radius of the content, in units
   * @param {number} zoom resolution needed, in pixels per unit
   * @param {(spriteContext: CanvasRenderingContext2D) => void} paint draws the content in units, around the origin
   */
  paint(label, radius, zoom, paint) {
    const stepped = ZOOM_STEP ** Math.ceil(Math.log(zoom) / Math.log(ZOOM_STEP));
    if (this.label === label && this.zoom === stepped) return;
    const side = Math.ceil(radius * stepped) * 2 + 2 * MARGIN_PX;
    // Setting the size clears the canvas, even if the size does not change.
    this.canvas.width = side;
    this.canvas.height = side;
    const spriteContext = this.canvas.getContext('2d');
    if (!spriteContext) return;
    spriteContext.setTransform(stepped, 0, 0, stepped, side / 2, side / 2);
    paint(spriteContext);
    this.label = label;
    this.zoom = stepped;
  }

  /**
   * Draws the sprite at the origin of the context.
   * @param {CanvasRenderingContext2D} context
   */
  draw(context) {
    const side = this.canvas.width / this.zoom;
    context.drawImage(this.canvas, -side / 2, -side / 2, side, side);
  }
}
