"use strict";
/* Charts of all pages: uPlot in one style, as wide as the place they stand in. */
const lsq4j = {
  color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  },

  /* An axis with a title. */
  axis(title, more) {
    return Object.assign({
      label: title, labelSize: 22, labelFont: "14px sans-serif", font: "13px sans-serif",
      stroke: lsq4j.color("ink"), grid: {stroke: lsq4j.color("faint"), width: 1}, size: 46
    }, more);
  },

  /* A chart that keeps the width of its place. */
  chart(place, options, data) {
    const width = () => Math.max(240, place.clientWidth);
    const chart = new uPlot(Object.assign({width: width(), height: 280}, options), data, place);
    new ResizeObserver(() => {
      if (chart.width !== width()) chart.setSize({width: width(), height: chart.height});
    }).observe(place);
    return chart;
  },

  /* Vertical lines on a chart: lines() gives {at, color, width, dash} each time it is drawn. */
  verticals(lines) {
    return {hooks: {draw: [chart => {
      const {ctx, bbox} = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const line of lines()) {
        const x = chart.valToPos(line.at, "x", true);
        ctx.strokeStyle = line.color;
        ctx.lineWidth = (line.width || 1) * devicePixelRatio;
        ctx.setLineDash((line.dash || []).map(part => part * devicePixelRatio));
        ctx.beginPath();
        ctx.moveTo(x, bbox.top + bbox.height * (1 - (line.height || 1)));
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    }]}};
  }
};
