// From which zoom on what is drawn, and how wide.

/** Of a large city: containers one by one, circuits in full. */
export const STREETS_FROM = 15;

export const byZoom = (far, near) => ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 16, near];
