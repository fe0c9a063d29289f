/* Fills the report page of train and eval: summary, curves over the epochs, figures of the evaluation, options. */
"use strict";
(() => {
  const { data, shown, element, empty, colour, style, fixed, digits, frame, niceBelow, plot } = page;
  const epochs = data.epochs ?? [], evaluation = data.evaluation;
  const labels = evaluation ? "classes" in evaluation || "accuracy" in evaluation : epochs.some((e) => !empty(e.train?.accuracy));
  const percent = (share) => (empty(share) ? "-" : fixed(100 * share, 2) + " %");
  const number = (value, n = 5) => (empty(value) ? "-" : digits(value, n));
  const count = (n) => n.toLocaleString("en-US");
  const widths = data.layers.map((l) => l.outputs);
  const network = [data.layers[0].inputs, ...widths].join("-");

  /* ---- texts and tables ---- */
  const file = data.data.split("/").filter(Boolean).pop() ?? data.data;

  function fillTexts() {
    const warnings = data.fault ? [data.fault] : [];
    const title = data.verb === "train" ? `Training of ${network} on ${file}` : `Evaluation of ${network} on ${file}`;
    page.texts({ title, kind: "gradmill " + data.verb, command: data.command, environment: data.environment, warnings });
  }

  const tile = (label, text, hint) => element("div", {}, element("dt", {}, label), element("dd", {}, text, ...(hint ? [element("small", {}, hint)] : [])));

  function summary() {
    const tiles = [];
    if (evaluation) {
      if ("accuracy" in evaluation) tiles.push(tile("accuracy", percent(evaluation.accuracy), data.rows));
      else tiles.push(tile("rmse", number(evaluation.rmse), data.rows));
      tiles.push(tile("loss", number(evaluation.loss), data.loss_name));
      for (const [key, name] of [["balanced_accuracy", "balanced accuracy"], ["calibration_error", "calibration error"]])
        if (!empty(evaluation[key])) tiles.push(tile(name, percent(evaluation[key])));
      for (const [key, name] of [["auc", "AUC"], ["r2", "R\u00b2"], ["mae", "mean absolute error"]])
        if (!empty(evaluation[key])) tiles.push(tile(name, number(evaluation[key], 4)));
      tiles.push(tile("rows judged", count(evaluation.rows)));
    }
    if (data.verb === "train") {
      const ends = { epochs: "all epochs are done", interrupted: "interrupted", patience: "no better any more", diverged: "diverged" };
      tiles.push(tile("kept epoch", data.kept_epoch > 0 ? `${count(data.kept_epoch)} of ${count(data.epoch_count)}` : "none", ends[data.ended]));
      tiles.push(tile("training rows", count(data.train_rows), data.valid_rows > 0 ? `${count(data.valid_rows)} for validation` : "no validation"));
    }
    document.getElementById("summary").append(...tiles);
  }

  /* Columns are [head, text of a row, whether it is a number]. */
  function table(id, columns, rows, classOf = () => null) {
    const section = document.getElementById(id), box = section.querySelector("table");
    const th = ([head, , numeric]) => element("th", { scope: "col", class: numeric ? "plain number" : "plain" }, head);
    const td = (row) => ([, text, numeric], i) => element(i === 0 ? "th" : "td", { ...(i === 0 ? { scope: "row" } : {}), ...(numeric ? { class: "number" } : {}) }, text(row));
    box.append(element("thead", {}, element("tr", {}, ...columns.map(th))));
    const line = (row) => element("tr", classOf(row) ? { class: classOf(row) } : {}, ...columns.map(td(row)));
    box.append(element("tbody", {}, ...rows.map(line)));
    section.hidden = false;
  }

  function figures() {
    const head = document.querySelector("#figures h2");
    if (evaluation?.classes) {
      head.textContent = "Classes";
      table("figures", [
        ["class", (c) => c.name], ["rows", (c) => count(c.rows), true], ["predicted", (c) => count(c.predicted), true],
        ["precision", (c) => percent(c.precision), true], ["recall", (c) => percent(c.recall), true], ["F1", (c) => percent(c.f1), true],
      ], evaluation.classes);
    } else if (evaluation?.targets) {
      head.textContent = "Targets";
      table("figures", [
        ["target", (t) => t.target ?? String(evaluation.targets.indexOf(t) + 1)], ["mean", (t) => number(t.mean), true],
        ["deviation", (t) => number(t.deviation), true], ["rmse", (t) => number(t.rmse), true],
        ["mean absolute error", (t) => number(t.mae), true], ["R\u00b2", (t) => number(t.r2, 4), true],
      ], evaluation.targets);
    }
  }

  function confusion() {
    if (!evaluation?.confusion) return;
    const section = document.getElementById("confusion"), box = section.querySelector("table");
    const names = evaluation.classes.map((c) => c.name);
    const cell = (total) => (n) => {
      const share = total > 0 ? n / total : 0;
      return element("td", { style: `--share: ${Math.round(100 * share)}%`, ...(share > 0.55 ? { class: "much" } : {}) }, count(n));
    };
    const line = (row, i) => element("tr", {}, element("th", { scope: "row" }, names[i]), ...row.map(cell(row.reduce((a, b) => a + b, 0))));
    box.append(element("thead", {}, element("tr", {}, element("td"), ...names.map((n) => element("th", { scope: "col", class: "plain number" }, n)))));
    box.append(element("tbody", {}, ...evaluation.confusion.map(line)));
    section.hidden = false;
  }

  function options() {
    if (!data.options) return;
    document.querySelector("#options pre").textContent = data.options;
    document.getElementById("options").hidden = false;
  }

  const metric = labels ? "accuracy" : "rmse";
  const hasValid = epochs.some((e) => e.valid);

  function epochTable() {
    if (epochs.length === 0) return;
    const valid = hasValid ? [["valid loss", (e) => number(e.valid?.loss), true], [`valid ${metric}`, (e) => number(e.valid?.[metric]), true]] : [];
    table("epochs", [
      ["epoch", (e) => String(e.epoch), true], ["train loss", (e) => number(e.train.loss), true], [`train ${metric}`, (e) => number(e.train[metric]), true],
      ...valid, ["mean batch loss", (e) => number(e.batch_loss), true], ["rate", (e) => number(e.rate), true],
      ["gradient norm", (e) => number(e.gradient_norm), true], ["seconds", (e) => number(e.seconds, 3), true], ["samples/s", (e) => number(e.samples_per_second, 3), true],
    ], epochs, (e) => (e.epoch === data.kept_epoch ? "kept" : null));
  }

  /* ---- curves over the epochs ---- */
  const xs = epochs.map((e) => e.epoch);
  const finite = (ys) => ys.filter((y) => !empty(y));
  /* Few large numbers beside one that is nearly 0, as at the end of a cosine, would fill a logarithmic axis with that. */
  const logRange = (ys) => {
    const sorted = [...ys].sort((a, b) => a - b), low = Math.max(sorted[0], sorted[Math.floor(sorted.length / 20)] / 3);
    return [niceBelow(low), sorted[sorted.length - 1] * 1.3];
  };
  const short = (u, splits) => splits.map((v) => (v === null ? "" : v !== 0 && Math.abs(v) < 1e-3 ? v.toExponential() : digits(v, 4)));
  /* A logarithmic axis where the numbers span more than a factor of 30 and are all positive. */
  const isWide = (ys) => Math.min(...ys) > 0 && Math.max(...ys) / Math.min(...ys) > 30;

  /* A dashed line at the epoch that is kept, with its name. */
  function markKept(u) {
    if (!data.kept_epoch || data.kept_epoch < xs[0]) return; /* a resumed run may have kept an epoch of before */
    const c = u.ctx, ratio = devicePixelRatio, x = u.valToPos(data.kept_epoch, "x", true), { left, top, width, height } = u.bbox;
    const text = `kept: ${data.kept_epoch}`, atLeft = x > left + width / 2;
    c.save();
    c.strokeStyle = c.fillStyle = style("--soft");
    c.lineWidth = ratio;
    c.setLineDash([5 * ratio, 4 * ratio]);
    c.beginPath();
    c.moveTo(x, top);
    c.lineTo(x, top + height);
    c.stroke();
    c.font = `${12 * ratio}px system-ui, sans-serif`;
    c.textAlign = atLeft ? "right" : "left";
    c.textBaseline = "top";
    c.fillText(text, x + (atLeft ? -6 : 6) * ratio, top + 4 * ratio);
    c.restore();
  }

  /* series: [label, value of an epoch, colour, dash]; those without a number are left out. */
  function curve(title, hint, y, series) {
    const used = series.map(([label, value, c, dash]) => ({ label, ys: epochs.map((e) => value(e) ?? null), stroke: c, ...(dash ? { dash } : {}), points: { show: xs.length < 25, size: 6, fill: c } })).filter((s) => finite(s.ys).length > 0);
    if (used.length === 0) return;
    const all = finite(used.flatMap((s) => s.ys)), yLog = y !== "rate" && isWide(all) ? 10 : undefined;
    const whole = (u, splits) => splits.map((v) => (Number.isInteger(v) ? v.toLocaleString("en-US", { useGrouping: v >= 10000 }) : ""));
    plot(frame(title, hint), { xs, series: used, x: "epoch", y, yLog, yRange: yLog ? logRange(all) : undefined, yValues: short, draw: markKept, xValues: whole, xRange: xs.length === 1 ? [xs[0] - 1, xs[0] + 1] : [xs[0], xs[xs.length - 1]] });
    shown.kept = data.kept_epoch;
  }

  const layerSeries = (key) => data.layers.map((l, i) => [`layer ${i + 1}`, (e) => e.layers[i]?.[key], colour(i)]);

  function curves() {
    if (epochs.length === 0) return;
    const train = colour(0), valid = colour(1), batches = colour(7);
    const sets = "after each epoch, with the same weights for both sets";
    curve("Loss", `${sets}; of the batches: their mean during the epoch`, data.loss_name, [
      ["training", (e) => e.train.loss, train], ["validation", (e) => e.valid?.loss, valid], ["batches", (e) => e.batch_loss, batches, [4, 4]],
    ]);
    curve(labels ? "Accuracy" : "Root mean squared error", sets, labels ? "accuracy, %" : "rmse", [
      ["training", (e) => scaled(e.train[metric]), train], ["validation", (e) => scaled(e.valid?.[metric]), valid],
    ]);
    curve("Learning rate", "of the last step of each epoch", "rate", [["rate", (e) => e.rate, train]]);
    curve("Gradient norm", "of the last step of each epoch with a whole batch", "norm", [
      ...layerSeries("gradient_norm"), ["all layers", (e) => e.gradient_norm, style("--ink"), [6, 4]],
    ]);
    curve("Update of the weights by the weights", "norm of the change of W in that step / norm of W; about 0.001 is usual", "ratio", layerSeries("update_ratio"));
    curve("Dead units", "ReLU units that are 0 in all rows of that batch", "units, %", data.layers.map((l, i) => [`layer ${i + 1}`, (e) => (empty(e.layers[i]?.dead) ? null : 100 * e.layers[i].dead), colour(i)]));
  }

  const scaled = (value) => (empty(value) ? null : labels ? 100 * value : value);

  /* How often the predicted class is right, over the probability that it was given. */
  function calibration() {
    const bins = (evaluation?.calibration ?? []).filter((b) => b.rows > 0);
    if (bins.length === 0) return;
    const c = colour(0);
    plot(frame("Calibration", "rows by the probability of the predicted class; dashed: as often right as the probability says"), {
      xs: [0, ...bins.map((b) => 100 * b.confidence), 100].sort((a, b) => a - b),
      series: [
        { label: "right", stroke: c, ys: [null, ...bins.map((b) => 100 * b.accuracy), null], points: { show: true, size: 8, fill: c } },
        { label: "ideal", stroke: style("--soft"), dash: [6, 5], width: 1, points: { show: false }, guide: true, ys: [0, ...bins.map((b) => 100 * b.confidence), 100] },
      ],
      x: "mean probability, %", y: "right, %", xRange: [0, 100], yRange: [0, 102],
    });
  }

  fillTexts();
  summary();
  figures();
  confusion();
  options();
  epochTable();
  page.start(() => {
    curves();
    calibration();
  });
})();
