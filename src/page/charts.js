/* What all pages share: the data that stands in the page, small helpers, and charts. */
"use strict";
const page = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const shown = { charts: 0, points: 0 }; /* what the test asks for */
  window.gradmill = shown;

  /* ---- small helpers ---- */
  const element = (name, attributes = {}, ...children) => {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
    e.append(...children);
    return e;
  };
  const empty = (value) => value === null || value === undefined || value === "";
  const distinct = (values) => [...new Set(values)];
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (i) => style("--c" + (i % 9));
  const fixed = (value, decimals) =>
    value.toLocaleString("en-US", {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: Math.abs(value) >= 10000,
    });
  const digits = (value, n = 3) => Number(value).toLocaleString("en-US", { maximumSignificantDigits: n, useGrouping: Math.abs(value) >= 10000 });

  /* ---- texts ---- */
  /* The head of the page, its environment (pairs of a label and a text) and its warnings. */
  function texts({ title, kind, command, environment, warnings }) {
    document.title = title + " - gradmill";
    document.querySelector("h1").textContent = title;
    document.querySelector(".kind").textContent = kind;
    document.querySelector(".command").textContent = "$ " + command;
    const list = document.getElementById("environment");
    for (const [label, text] of environment) list.append(element("dt", {}, label), element("dd", {}, text));
    const box = document.getElementById("warnings");
    box.hidden = warnings.length === 0;
    for (const warning of warnings) box.append(element("p", {}, element("strong", {}, "Warning: "), warning));
  }

  /* ---- charts ---- */
  const plots = [];

  function frame(title, hint) {
    const figure = element("figure", {}, element("figcaption", {}, title, ...(hint ? [element("small", {}, hint)] : [])));
    document.getElementById("charts").append(figure);
    shown.charts++;
    return figure;
  }

  const width = (figure) => figure.clientWidth - 2 * parseFloat(getComputedStyle(figure).paddingLeft);
  const height = (figure) => Math.round(Math.min(400, Math.max(260, width(figure) * 0.5)));

  const axis = (label, more) => ({
    label, labelSize: 26, labelFont: "13px system-ui, sans-serif", font: "12px system-ui, sans-serif",
    stroke: style("--soft"), grid: { stroke: style("--grid"), width: 1 }, ticks: { stroke: style("--line"), width: 1, size: 5 }, ...more,
  });
  /* The next 1, 2 or 5 times a power of ten, downwards. */
  const niceBelow = (v) => {
    const decade = 10 ** Math.floor(Math.log10(v)), lead = v / decade;
    return decade * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
  };
  const plain = (u, splits) => splits.map((v) => (v === null ? "" : digits(v, 4)));

  /* Curves or points over one axis; {xs, series: [{label, ys, ...uPlot options}]}. */
  function plot(figure, chart) {
    const scale = (log, range) => ({ time: false, ...(log ? { distr: 3, log } : {}), ...(range ? { range: () => range } : {}) });
    const value = (u, v) => (v === null || v === undefined ? "-" : digits(v));
    const options = {
      width: width(figure), height: height(figure), padding: [12, 22, 0, 0],
      scales: { x: scale(chart.xLog, chart.xRange), y: scale(chart.yLog, chart.yRange) },
      axes: [
        axis(chart.x, { values: chart.xValues ?? plain, size: 30, ...(chart.xSplits ? { splits: chart.xSplits, filter: (u, s) => s } : {}) }),
        axis(chart.y, { values: chart.yValues ?? plain, size: 58 }),
      ],
      series: [{ label: chart.x, value }, ...chart.series.map(({ ys, ...s }) => ({ value, spanGaps: true, width: 2, ...s }))],
      hooks: chart.draw ? { draw: [chart.draw] } : {},
      legend: { markers: { fill: (u, i) => (i > 0 ? chart.series[i - 1].stroke : null) } },
      cursor: { drag: { x: false, y: false } },
    };
    const u = new uPlot(options, [chart.xs, ...chart.series.map((s) => s.ys)], figure);
    u.root.setAttribute("role", "img");
    u.root.setAttribute("aria-label", `${figure.querySelector("figcaption").firstChild.textContent}: ${chart.y} over ${chart.x}; the table has the numbers`);
    shown.points += chart.series.reduce((n, s) => n + (s.guide ? 0 : s.ys.filter((y) => y !== null).length), 0);
    plots.push({ u, figure });
  }

  /* Horizontal bars: [{label, value, text, parts: [{size, colour, title}]}]. */
  function bars(figure, items, legend = []) {
    if (legend.length)
      figure.append(element("ul", { class: "legend" }, ...legend.map(([name, c]) => element("li", { style: `--mark: ${c}` }, name))));
    const most = Math.max(...items.map((item) => item.value));
    const box = element("div", { class: "bars", role: "list" });
    for (const item of items) {
      const fill = element("span", { class: "fill", style: `width: calc((100% - 9.8rem) * ${most > 0 ? item.value / most : 0})` });
      for (const part of item.parts)
        fill.append(element("i", { title: part.title, style: `background: ${part.colour}; width: ${(100 * part.size) / item.value}%` }));
      const line = element("span", { class: "bar", role: "listitem", "aria-label": `${item.label}: ${item.text}` }, fill, element("span", { class: "value" }, item.text));
      box.append(element("span", { class: "label", "aria-hidden": "true" }, item.label), line);
      shown.points += item.parts.length;
    }
    figure.append(box);
  }

  /* Draws all charts by the given function, again when the colours change, and fits them to the width. */
  function start(drawCharts) {
    const draw = () => {
      plots.splice(0).forEach(({ u }) => u.destroy());
      document.getElementById("charts").replaceChildren();
      shown.charts = shown.points = 0;
      drawCharts();
    };
    draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("resize", () => plots.forEach(({ u, figure }) => u.setSize({ width: width(figure), height: height(figure) })));
  }

  return { data, shown, element, empty, distinct, colour, style, fixed, digits, texts, frame, niceBelow, plot, bars, start };
})();
