"use strict";
/* DATA: a list of runs, see ChartData. One run: lines are weights and inputs. Several: lines are runs. */
const COLORS = 7;
const color = i => lsq4j.color("series-" + i % COLORS);
const SEVERAL = DATA.length > 1;
const look = i => ({
  stroke: color(i), width: 2,
  // The colors come again, with other dashes.
  dash: [[], [8, 4], [2, 3]][Math.floor(i / COLORS) % 3]
});
const byId = id => document.getElementById(id);
const scales = {x: {time: false}};
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/* Series of different epochs on the axis of all of them. */
function aligned(series) {
  const x = [...new Set(series.flatMap(one => one.x))].sort((a, b) => a - b);
  return [x, ...series.map(one => {
    const at = new Map(one.x.map((value, i) => [value, one.y[i]]));
    return x.map(value => at.has(value) ? at.get(value) : null);
  })];
}

function curves(id, key, title) {
  const series = DATA.flatMap(run => run.stages.map(stage => ({
    label: SEVERAL ? run.name + " / " + stage.name : stage.name, x: stage.epochs, y: stage[key]
  }))).filter(one => one.y.some(value => value !== null));
  if (series.length === 0) {
    byId(id).textContent = "No epoch was trained.";
    return;
  }
  const points = Math.max(...series.map(one => one.x.length)) < 30;
  lsq4j.chart(byId(id), {
    scales, axes: [lsq4j.axis("epoch", {incrs: WHOLE}), lsq4j.axis(title, {size: 56})],
    series: [{label: "epoch"}, ...series.map((one, i) =>
      Object.assign({label: one.label, spanGaps: true, points: {show: points, size: 6}}, look(i)))]
  }, aligned(series));
}
curves("accuracy", "accuracy", "accuracy, %");
curves("loss", "loss", "loss");

const PATHS = {
  relative: ["Step sizes, relative to the first", "Step s divided by the step it started with. Far from 1: calibration and training disagree."],
  step: ["Step sizes", "Step s, mean over channels."],
  offset: ["Offsets", "Offset z, mean over channels; layers without one are left out."],
  clip: ["Clipped values", "Percent of the values beyond the bounds n and p; inputs on 64 test images."],
  ratio: ["R", "How fast s moves compared with the weights of its layer; LSQ aims at about 1. A value far below 1: s hardly learns; far above: s may jump."],
  oscillating: ["Oscillating weights", "Percent of the watched weights whose codes turn back more than 0.005 times an update."]
};
const WHAT = Object.assign({codes: ["Codes", "How many percent of the values have each code. Bars: after training; line: before. Codes that are never used are wasted bits."]}, PATHS);

function allStages() {
  return [...new Set(DATA.flatMap(run => run.stages.filter(stage => stage.quantizers.length > 0)
    .map(stage => stage.name)))];
}
/* Runs may call their stages differently: this one stands for the last of each. */
const LAST = "";
const stagesNamed = name => DATA.map(run => {
  const quantized = run.stages.filter(stage => stage.quantizers.length > 0);
  return name === LAST ? quantized[quantized.length - 1] : quantized.find(stage => stage.name === name);
});

function option(select, value, text) {
  const one = document.createElement("option");
  one.value = value;
  one.textContent = text;
  select.append(one);
}

const has = (quantizer, what) => what === "codes" ? Boolean(quantizer.after)
  : quantizer[what].some(value => value !== null);

/* The lines of a layer: [{label, color index, quantizer}]. */
function linesOf(layer, stageName, what) {
  const found = [];
  stagesNamed(stageName).forEach((stage, run) => {
    for (const quantizer of stage ? stage.quantizers : []) {
      const wanted = !SEVERAL || quantizer.role === byId("role").value;
      if (quantizer.layer === layer && wanted && has(quantizer, what)) {
        const number = SEVERAL ? run : quantizer.role === "weights" ? 0 : 1;
        const runName = stageName === LAST ? DATA[run].name + " / " + stage.name : DATA[run].name;
        found.push({label: SEVERAL ? runName : quantizer.role, color: number, quantizer});
      }
    }
  });
  return found;
}

const smallAxes = (x, y) => [
  lsq4j.axis(x, {labelSize: 18, labelFont: "12px sans-serif", font: "11px sans-serif", size: 26, space: 34, incrs: WHOLE}),
  lsq4j.axis(null, {label: undefined, font: "11px sans-serif", size: 54, space: 26,
    values: (chart, ticks) => ticks.map(tick => tick === null ? null : String(Number(tick.toPrecision(5))))})];

function place(title) {
  const box = document.createElement("div");
  const heading = document.createElement("h3");
  const chart = document.createElement("div");
  heading.textContent = title;
  box.className = "chart";
  box.append(heading, chart);
  byId("layers").append(box);
  return chart;
}

const title = (layer, lines) => layer + "  " +
  [...new Set(lines.map(line => (line.quantizer.role === "weights" ? "W" : "A") + line.quantizer.bits))].join(" ");

function drawPaths(layer, lines, what) {
  const longest = Math.max(...lines.map(line => line.quantizer.epochs.length));
  lsq4j.chart(place(title(layer, lines)), {
    height: 150, legend: {show: false}, cursor: {show: false}, scales, axes: smallAxes("epoch"),
    series: [{}, ...lines.map(line => Object.assign(
      {label: line.label, spanGaps: true, points: {show: longest < 8, size: 5}}, look(line.color)))]
  }, aligned(lines.map(line => ({x: line.quantizer.epochs, y: line.quantizer[what]}))));
}

/* One chart a quantizer: two histograms in one could not be told apart. */
function drawCodes(layer, lines) {
  for (const line of lines) {
    const quantizer = line.quantizer;
    const x = quantizer.after.map((share, i) => quantizer.lowest + i * quantizer.group);
    lsq4j.chart(place(title(layer, [line]) + (SEVERAL ? "  " + line.label : "")), {
      height: 150, legend: {show: false}, cursor: {show: false},
      scales: {x: {time: false, range: [x[0] - quantizer.group, x[x.length - 1] + quantizer.group]},
        y: {range: (chart, low, high) => [0, high * 1.05 || 1]}},
      axes: smallAxes("code"),
      series: [{}, {stroke: color(line.color), fill: color(line.color) + "99", width: 1, points: {show: false},
        paths: uPlot.paths.bars({size: [0.8, 60]})},
      {stroke: lsq4j.color("ink"), width: 1.5, points: {show: x.length < 20, size: 5}}]
    }, [x, quantizer.after, quantizer.before || x.map(() => null)]);
  }
}

function legend(what, drawn) {
  const entries = new Map();
  drawn.forEach(lines => lines.forEach(line => entries.set(line.label, line.color)));
  byId("legend").replaceChildren(...[...entries].map(([label, number]) => {
    const entry = document.createElement("span");
    entry.className = "key";
    entry.style.borderColor = color(number);
    entry.textContent = label;
    return entry;
  }));
}

function draw() {
  const what = byId("what").value;
  const stage = byId("stage").value;
  byId("layers").replaceChildren();
  byId("explanation").textContent = WHAT[what][1];
  const layers = [...new Set(stagesNamed(stage).flatMap(
    one => one ? one.quantizers.map(quantizer => quantizer.layer) : []))];
  const drawn = [];
  for (const layer of layers) {
    const lines = linesOf(layer, stage, what);
    if (lines.length > 0) {
      what === "codes" ? drawCodes(layer, lines) : drawPaths(layer, lines, what);
      drawn.push(lines);
    }
  }
  if (drawn.length === 0) {
    byId("layers").textContent = "Not recorded in this run.";
  }
  legend(what, drawn);
}

if (byId("stage")) {
  const stages = allStages();
  stages.forEach(name => option(byId("stage"), name, name));
  Object.entries(WHAT).forEach(([key, words]) => option(byId("what"), key, words[0]));
  // The last of those that most runs have.
  const count = name => stagesNamed(name).filter(Boolean).length;
  const common = stages.reduce((best, name) => count(name) >= count(best) ? name : best);
  if (SEVERAL) {
    option(byId("stage"), LAST, "last of each run");
  }
  byId("stage").value = count(common) < DATA.length ? LAST : common;
  byId("what").value = "relative";
  document.querySelectorAll(".pick select").forEach(select => select.addEventListener("change", draw));
  draw();
}
