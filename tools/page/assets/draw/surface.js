// What a pointer does on anything that has a time axis: a crosshair for all, zoom by dragging, by wheel with a key, and by two clicks back.
import { el } from './dom.js';
import { timeline } from '../steer/timeline.js';

const DRAG_MIN_PX = 6;

// toTime(x) and toX(time) in pixels of `host`; area() is {left, right} of the drawing in it.
export function surface(host, { toTime, toX, area }) {
  const cross = el('div', { class: 'cross', hidden: true });
  const band = el('div', { class: 'band', hidden: true });
  host.append(cross, band);
  let from = null, panning = null;

  const x = (e) => {
    const box = host.getBoundingClientRect(), { left, right } = area();
    return Math.min(right, Math.max(left, e.clientX - box.left));
  };
  const time = (e) => Math.round(toTime(x(e)));

  host.addEventListener('pointermove', (e) => {
    if (panning !== null) return;
    timeline.point(time(e));
    if (from === null) return;
    const to = x(e), left = Math.min(from, to);
    band.hidden = Math.abs(to - from) < DRAG_MIN_PX;
    band.style.left = `${left}px`;
    band.style.width = `${Math.abs(to - from)}px`;
  });
  host.addEventListener('pointerdown', (e) => {
    if (e.button !== 0) return;
    if (e.pointerType === 'touch') {  // a finger moves the crosshair, and the page when it goes up or down
      timeline.point(time(e));
      return;
    }
    from = x(e);
    host.setPointerCapture(e.pointerId);
    e.preventDefault();
    if (e.shiftKey) panning = { at: from, window: timeline.window() };
  });
  host.addEventListener('pointerup', (e) => {
    if (from === null) return;
    const begun = from, to = x(e);
    from = null;
    band.hidden = true;
    if (panning) {
      const { window: [a, b] } = panning, by = toTime(panning.at) - toTime(to);
      panning = null;
      if (by) timeline.show(a + by, b + by);
    } else if (Math.abs(to - begun) >= DRAG_MIN_PX) {
      timeline.show(toTime(Math.min(begun, to)), toTime(Math.max(begun, to)));
    }
  });
  host.addEventListener('pointercancel', () => {
    from = panning = null;
    band.hidden = true;
  });
  host.addEventListener('pointerleave', () => {
    if (from === null) timeline.point(null);
  });
  host.addEventListener('dblclick', () => timeline.reset());
  host.addEventListener('wheel', (e) => {
    if (!e.ctrlKey && !e.metaKey && Math.abs(e.deltaX) <= Math.abs(e.deltaY)) return;
    e.preventDefault();
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) timeline.pan(Math.sign(e.deltaX) * 0.05);
    else timeline.zoom(e.deltaY > 0 ? 1.25 : 0.8, time(e));
  }, { passive: false });

  const show = (at) => {
    const { left, right } = area();
    const px = at === null ? NaN : toX(at);
    cross.hidden = !(px >= left && px <= right);
    if (!cross.hidden) cross.style.transform = `translateX(${px}px)`;
  };
  const end = timeline.onCrosshair(show);
  return { redraw: () => show(timeline.crosshair), end };
}
