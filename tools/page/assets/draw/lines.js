// The bands of all series from lowest to highest, then their lines through the means; nothing where there is no sample.
export function bands(e) {
  const g = e.drawingContext, area = e.plotArea, { points } = e;
  const y = (share) => area.y + area.h * share;
  const width = points.length > 1 ? Math.max(1, Math.abs(points[1].canvasx - points[0].canvasx)) : 1;
  g.save();
  g.fillStyle = e.color;
  g.globalAlpha = 0.3;
  for (const p of points) {
    const top = Math.min(p.y_top, p.y_bottom), bottom = Math.max(p.y_top, p.y_bottom);  // NaN where there is nothing
    if (bottom - top > 1e-4) g.fillRect(p.canvasx - width / 2, y(top), width, Math.max(1, y(bottom) - y(top)));
  }
  g.restore();
}

export function lines(e) {
  const g = e.drawingContext, { points } = e;
  const there = (p) => p && p.yval !== null && !Number.isNaN(p.yval) && Number.isFinite(p.canvasy);
  g.save();
  g.strokeStyle = g.fillStyle = e.color;
  g.lineWidth = 1.25;
  g.lineJoin = 'round';
  g.beginPath();
  let joined = false;
  points.forEach((p, i) => {
    if (!there(p)) {
      joined = false;
      return;
    }
    if (joined) {
      g.lineTo(p.canvasx, p.canvasy);
    } else {
      g.moveTo(p.canvasx, p.canvasy);
      if (!there(points[i + 1])) g.fillRect(p.canvasx - 1, p.canvasy - 1, 2, 2);  // a sample between two gaps
    }
    joined = true;
  });
  g.stroke();
  g.restore();
}
