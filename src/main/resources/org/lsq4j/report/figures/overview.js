"use strict";
/* DATA: one entry a figure, {id, x, xTitle, error, rounding, clipping, mean, dataMean}; TEXT: words. */
for (const figure of DATA) {
  const axes = yTitle => [lsq4j.axis(figure.xTitle), lsq4j.axis(yTitle, {size: 56})];
  // Sweeps may fall; charts want ascending positions.
  const falling = figure.x[0] > figure.x[figure.x.length - 1];
  const order = values => falling ? values.slice().reverse() : values;
  const scales = {x: {time: false}};
  const line = (label, color, dash) =>
    ({label, stroke: lsq4j.color(color), width: 2, dash, points: {show: false}});
  lsq4j.chart(document.getElementById(figure.id + "-error"), {
    scales, axes: axes(TEXT.error),
    series: [{label: figure.xTitle}, line(TEXT.error, "ink"), line(TEXT.rounding, "codes", [8, 4]),
      line(TEXT.clipping, "clipped", [3, 3])]
  }, [figure.x, figure.error, figure.rounding, figure.clipping].map(order));
  lsq4j.chart(document.getElementById(figure.id + "-mean"), {
    scales, axes: axes(TEXT.mean),
    series: [{label: figure.xTitle}, line(TEXT.meanValue, "dequantized"),
      line(TEXT.meanData, "ink", [8, 4])]
  }, [figure.x, figure.mean, figure.mean.map(() => figure.dataMean)].map(order));
}
