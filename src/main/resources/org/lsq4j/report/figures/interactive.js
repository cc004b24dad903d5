/* The controls and charts of the interactive page. PAGE: {data: [{name, values}], text}. */
const TEXT = PAGE.text;
const BINS = 80, SLIDER = 1000, CURVE = 120, MOST_STEPS = 1000, STILL = 1e-5, USUAL_RATE = 0.2, DECAY = 50;
// Ends of the sliders in spreads of the data; that of s goes in equal ratios.
const LEAST_STEP = 1 / 128, MOST_STEP = 4, MOST_OFFSET = 5;
const at = id => document.getElementById(id);

function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/* Mean, spread and histogram of a data set; its density is drawn in equal bins. */
function describe(set) {
  const values = decode(set.values), count = values.length;
  let sum = 0, low = Infinity, high = -Infinity;
  for (const x of values) { sum += x; low = Math.min(low, x); high = Math.max(high, x); }
  const mean = sum / count;
  let squares = 0;
  for (const x of values) squares += (x - mean) ** 2;
  const width = (high - low) / BINS, density = new Array(BINS).fill(0);
  for (const x of values) {
    density[Math.min(BINS - 1, Math.floor((x - low) / width))] += 1 / (count * width);
  }
  const sorted = density.slice().sort((a, b) => b - a);
  // One outstanding bin, as the zeros behind a ReLU, must not flatten the others.
  const top = 1.1 * (sorted[0] > 3 * sorted[1] ? 3 * sorted[1] : sorted[0]);
  return {values, mean, low, high, width, density, top, spread: Math.sqrt(squares / count)};
}

const sets = PAGE.data.map(describe);
let setting = {s: 1, z: 0, lowest: -4, highest: 3};
let measured, curve, running = 0;
const set = () => sets[at("data").selectedIndex];
const learnsOffset = () => at("mode").value === "asymmetric";
const fill = (text, parts) => text.replace(/\{(\d)\}/g, (_, i) => parts[i]);
const brief = value => Math.abs(value) >= 1e-3 || value === 0
    ? value.toPrecision(4) : value.toExponential(2);

/* ---- numbers ---- */

function showNumbers() {
  const show = (id, value, text) => {
    at(id).value = text === undefined ? brief(value) : text;
    at(id).dataset.value = value;
  };
  for (const id of ["error", "roundingError", "clippingError", "meanCode", "codeSpread",
    "meanValue", "stepGradient", "offsetGradient"]) show(id, measured[id]);
  show("meanData", set().mean);
  show("clipped", measured.clipped, (100 * measured.clipped).toFixed(1) + " %");
}

function showSetting() {
  const spread = set().spread;
  at("bitsValue").value = at("bits").value;
  at("step").value = brief(setting.s);
  at("offset").value = brief(setting.z);
  at("step").dataset.value = setting.s;
  at("offset").dataset.value = setting.z;
  at("stepSlider").value = SLIDER * Math.log(setting.s / spread / LEAST_STEP)
      / Math.log(MOST_STEP / LEAST_STEP);
  at("offsetSlider").value = SLIDER * setting.z / spread / MOST_OFFSET;
  at("offset").disabled = at("offsetSlider").disabled = !learnsOffset();
}

/* The error over s at the z of now. */
function errorCurve() {
  const steps = [], errors = [];
  for (let i = 0; i <= CURVE; i++) {
    const s = set().spread * LEAST_STEP * (MOST_STEP / LEAST_STEP) ** (i / CURVE);
    steps.push(s);
    const error = quantizer.measure(set().values, Object.assign({}, setting, {s})).error;
    // A logarithmic axis has no 0.
    errors.push(Math.max(error, 1e-12 * set().spread ** 2));
  }
  const best = errors.indexOf(Math.min(...errors));
  return {steps, errors, bestStep: steps[best], bestError: errors[best]};
}

/* ---- charts ---- */

const levels = () => {
  const all = [];
  for (let code = setting.lowest; code <= setting.highest; code++) {
    all.push(code * setting.s + setting.z);
  }
  return all;
};
const edges = () => [(setting.lowest - 0.5) * setting.s + setting.z,
  (setting.highest + 0.5) * setting.s + setting.z];

/* The axis of values: the data, and levels near it. */
function valueRange() {
  const {low, high} = set(), beyond = 0.4 * (high - low), reach = levels();
  const from = Math.min(low, Math.max(low - beyond, reach[0]));
  const to = Math.max(high, Math.min(high + beyond, reach[reach.length - 1]));
  return [from - 0.03 * (to - from), to + 0.03 * (to - from)];
}

/* Outline of the histogram, and of its parts beyond the window. */
function outline(outside) {
  const {low, width, density, top} = set(), [left, right] = edges(), x = [], y = [];
  for (let bin = 0; bin < BINS; bin++) {
    const from = low + bin * width, to = low + (bin + 1) * width;
    const height = Math.min(density[bin], top);
    const cuts = [from, left, right, to].filter(cut => cut >= from && cut <= to)
        .sort((a, b) => a - b);
    for (let i = 1; i < cuts.length; i++) {
      const middle = (cuts[i - 1] + cuts[i]) / 2;
      const shown = !outside || middle < left || middle > right;
      x.push(cuts[i - 1], cuts[i]);
      y.push(shown ? height : 0, shown ? height : 0);
    }
  }
  return [x, y];
}

const area = (label, color) => ({label, fill: lsq4j.color(color), stroke: lsq4j.color(color),
  width: 0, points: {show: false}});
const bar = (label, color) => ({label, fill: lsq4j.color(color), stroke: lsq4j.color(color),
  width: 0, points: {show: false}, paths: uPlot.paths.bars({size: [0.8, 60]})});
const quiet = {cursor: {show: false}, legend: {show: true, live: false}};
const plain = {x: {time: false}};

const charts = {
  data: lsq4j.chart(at("dataChart"), Object.assign({}, quiet, {
    scales: {x: {time: false, range: () => valueRange()}, y: {range: () => [0, set().top]}},
    axes: [lsq4j.axis("x"), lsq4j.axis(TEXT.density)],
    series: [{}, area(TEXT.data, "data"), area(TEXT.clipped, "clipped")],
    plugins: [lsq4j.verticals(() => levels().map(level => ({at: level, color: lsq4j.color("ink"),
      height: setting.highest - setting.lowest > 31 ? 0.15 : 1})))]
  }), [[0, 1], [0, 0], [0, 0]]),
  codes: lsq4j.chart(at("codesChart"), Object.assign({}, quiet, {
    scales: {x: {time: false, range: () => [setting.lowest - 0.7, setting.highest + 0.7]},
      y: {range: (_, low, high) => [0, 1.08 * high]}},
    axes: [lsq4j.axis(TEXT.codes, {incrs: [1, 2, 4, 8, 16, 32, 64]}), lsq4j.axis(TEXT.share)],
    series: [{}, bar(TEXT.codes, "codes"), bar(TEXT.clipped, "clipped")],
    plugins: [lsq4j.verticals(() => [{at: measured.meanCode, color: lsq4j.color("mark"), width: 3}])]
  }), [[0, 1], [0, 0], [0, 0]]),
  values: lsq4j.chart(at("valuesChart"), Object.assign({}, quiet, {
    scales: {x: {time: false, range: () => valueRange()}, y: {range: (_, low, high) => [0, 1.08 * high]},
      density: {range: () => [0, set().top]}},
    axes: [lsq4j.axis("x, " + TEXT.dequantized), lsq4j.axis(TEXT.share),
      lsq4j.axis(TEXT.density, {scale: "density", side: 1, grid: {show: false}})],
    series: [{}, Object.assign(area(TEXT.data, "data-behind"), {scale: "density"}),
      area(TEXT.dequantized, "dequantized"), area(TEXT.clipped, "clipped")],
    plugins: [lsq4j.verticals(() => [
      {at: measured.meanValue, color: lsq4j.color("mark"), width: 3},
      {at: set().mean, color: lsq4j.color("ink"), width: 2, dash: [6, 4]}])]
  }), [[0, 1], [0, 0], [0, 0], [0, 0]]),
  error: lsq4j.chart(at("errorChart"), Object.assign({}, quiet, {
    scales: {x: {time: false, distr: 3}, y: {distr: 3}},
    axes: [lsq4j.axis(TEXT.step), lsq4j.axis(TEXT.error, {size: 60})],
    series: [{}, {label: TEXT.error, stroke: lsq4j.color("ink"), width: 2, points: {show: false}}],
    plugins: [lsq4j.verticals(() => [
      {at: setting.s, color: lsq4j.color("mark"), width: 3},
      {at: curve.bestStep, color: lsq4j.color("dequantized"), width: 2, dash: [6, 4]}])]
  }), [[1, 2], [1, 1]])
};

/* Thin bars at the levels, as outlines between the outline of the data. */
function valueBars() {
  const [dataX, dataY] = outline(false), [from, to] = valueRange();
  const half = Math.min(0.012 * (to - from), 0.4 * setting.s);
  const bars = levels().map((level, i) => ({level, share: measured.shares[i],
    clipped: measured.clippedShares[i]})).filter(one => one.share > 0);
  const x = [], share = [], clipped = [];
  for (const one of bars) {
    x.push(one.level - half, one.level - half, one.level + half, one.level + half);
    share.push(0, one.share, one.share, 0);
    clipped.push(0, one.clipped, one.clipped, 0);
  }
  return uPlot.join([[dataX, dataY].map((part, i) => i ? part : spread(part)),
    [spread(x), share, clipped]]);
}

/* Makes positions strictly ascending, which joining needs, by less than one sees. */
function spread(positions) {
  const least = 1e-9 * set().spread, result = [];
  let last = -Infinity;
  for (const position of positions) {
    last = Math.max(position, last + least);
    result.push(last);
  }
  return result;
}

function showCharts() {
  const [x, all] = outline(false), outside = outline(true)[1];
  const codes = measured.shares.map((_, i) => setting.lowest + i);
  charts.data.setData([x, all, outside]);
  charts.codes.setData([codes, measured.shares, measured.clippedShares]);
  charts.values.setData(valueBars());
  charts.error.setData([curve.steps, curve.errors]);
}

/* ---- what moves ---- */

function start() {
  change({s: Number(set().spread.toPrecision(2)), z: 0});
}

let curveOf = "";
function show() {
  measured = quantizer.measure(set().values, setting);
  const key = [at("data").selectedIndex, setting.z, setting.lowest, setting.highest].join();
  // While s and z move by themselves, not in every frame: it costs as much as all else together.
  if (key !== curveOf && running % 10 < 2) {
    curve = errorCurve();
    curveOf = key;
  }
  showNumbers();
  showSetting();
  showCharts();
}

function change(values) {
  running = 0;
  at("descend").textContent = TEXT.descend;
  at("message").textContent = "";
  Object.assign(setting, values);
  if (!learnsOffset()) setting.z = 0;
  show();
}

function changeCodes() {
  change(quantizer.range(Number(at("bits").value), at("codes").value));
}

function step(number) {
  // The rate falls, or single values that change their code would keep s and z trembling.
  const rate = Math.max(0, Number(at("rate").value) || 0) / (1 + number / DECAY);
  setting = quantizer.descend(setting, measured, rate, learnsOffset());
}

function oneStep() {
  change({});
  const before = setting, error = measured.error;
  step(0);
  show();
  at("message").textContent = fill(TEXT.moved,
      [before.s, setting.s, before.z, setting.z, error, measured.error].map(brief));
}

function descend() {
  if (running) {
    const steps = running;
    change({});
    at("message").textContent = fill(TEXT.stopped, [steps - 1]);
    return;
  }
  change({});
  running = 1;
  at("descend").textContent = TEXT.stop;
  requestAnimationFrame(frame);
}

function frame() {
  if (!running) return;
  const before = setting;
  step(running - 1);
  const moved = Math.abs(setting.s - before.s) + Math.abs(setting.z - before.z);
  show();
  const settled = moved < STILL * set().spread;
  if (settled || running >= MOST_STEPS) {
    const steps = running;
    change({});
    at("message").textContent = fill(settled ? TEXT.settled : TEXT.stopped, [steps, ...[setting.s, setting.z, measured.error,
      curve.bestStep, curve.bestError].map(brief)]);
    return;
  }
  running++;
  requestAnimationFrame(frame);
}

at("data").addEventListener("change", start);
at("bits").addEventListener("input", changeCodes);
at("codes").addEventListener("change", changeCodes);
at("mode").addEventListener("change", () => change({}));
at("stepSlider").addEventListener("input", event => change({
  s: set().spread * LEAST_STEP * (MOST_STEP / LEAST_STEP) ** (event.target.value / SLIDER)}));
at("offsetSlider").addEventListener("input", event => change({
  z: set().spread * MOST_OFFSET * event.target.value / SLIDER}));
at("step").addEventListener("change", event => {
  const s = Number(event.target.value);
  change(s > 0 && isFinite(s) ? {s} : {});
});
at("offset").addEventListener("change", event => {
  const z = Number(event.target.value);
  change(isFinite(z) ? {z} : {});
});
at("oneStep").addEventListener("click", oneStep);
at("descend").addEventListener("click", descend);
at("best").addEventListener("click", () => change({s: curve.bestStep}));
at("rate").value = USUAL_RATE;
start();
changeCodes();
