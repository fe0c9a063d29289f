/* Fills the page of a benchmark: sortable table, and the charts that fit the case. */
"use strict";
(() => {
  const { data, element, empty, distinct, colour, style, fixed, digits, frame, niceBelow, plot, bars } = page;
  const facts = data.context.gradmill;
  const columns = facts.columns;

  /* ---- the columns ---- */
  const index = (key) => columns.findIndex((c) => c.key === key);
  const has = (key) => index(key) >= 0 && data.rows.some((r) => !empty(get(r, key)));
  const get = (row, key) => (index(key) < 0 ? null : row.cells[index(key)]);
  const unit = (key) => columns[index(key)]?.unit ?? "";
  const named = (key) => columns[index(key)].head + (unit(key) ? ", " + unit(key) : "");

  /* ---- texts ---- */
  function fillTexts() {
    page.texts({
      title: facts.title, kind: "gradmill bench " + facts.benchmark, command: data.context.executable,
      environment: data.lines, warnings: facts.warnings,
    });
    const notes = document.getElementById("notes");
    for (const note of facts.notes) notes.append(element("p", {}, note));
  }

  /* ---- the table ---- */
  const visible = columns.map((c, i) => i).filter((i) => data.rows.some((r) => !empty(r.cells[i])));

  function cell(row, i) {
    const value = row.cells[i], decimals = columns[i].decimals;
    const text = empty(value) ? "" : decimals === null ? value : fixed(value, decimals);
    return element("td", decimals === null ? {} : { class: "number" }, text);
  }

  /* A row that failed is grey, and says why where the mouse rests on it: its cell may be cut. */
  function tableRow(row) {
    const attributes = row.fault ? { title: `${row.name}: ${row.fault}`, class: "failed" } : { title: row.name };
    return element("tr", attributes, ...visible.map((i) => cell(row, i)));
  }

  function fillRows(rows) {
    document.querySelector("#results tbody").replaceChildren(...rows.map(tableRow));
  }

  /* Empty cells come last either way. */
  function sortBy(i, ascending) {
    const sign = ascending ? 1 : -1;
    return [...data.rows].sort((a, b) => {
      const x = a.cells[i], y = b.cells[i];
      if (empty(x) || empty(y)) return empty(x) - empty(y);
      return sign * (columns[i].decimals === null ? x.localeCompare(y, "en", { numeric: true }) : x - y);
    });
  }

  function fillTable() {
    const head = element("tr");
    for (const i of visible) {
      const c = columns[i];
      const button = element("button", { type: "button", title: "Sort" }, element("span", {}, c.head || c.key), element("small", {}, c.unit));
      const th = element("th", { scope: "col", "data-key": c.key, ...(c.decimals === null ? {} : { class: "number" }) }, button);
      button.addEventListener("click", () => {
        const ascending = th.getAttribute("aria-sort") !== "ascending";
        for (const other of head.children) other.removeAttribute("aria-sort");
        th.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        fillRows(sortBy(i, ascending));
      });
      head.append(th);
    }
    document.querySelector("#results thead").append(head);
    fillRows(data.rows);
  }

  /* Series of rows, one for each group, over the distinct values of a column. */
  function curves(rows, x, y, group) {
    const xs = distinct(rows.map((r) => get(r, x))).sort((a, b) => a - b);
    const labels = distinct(rows.map(group));
    const series = labels.map((label, i) => {
      const own = new Map(rows.filter((r) => group(r) === label).map((r) => [get(r, x), get(r, y)]));
      return { label, stroke: colour(i), ys: xs.map((v) => own.get(v) ?? null), points: { show: true, size: 7, fill: colour(i) } };
    });
    return { xs, series };
  }

  /* ---- charts: what the cases show ---- */
  const threads = (n) => (n === 1 ? "1 thread" : `${n} threads`);
  const speedKey = () => ["gflops", "samples_per_second", "milliseconds", "seconds"].find(has);

  function crossover() {
    const y = speedKey();
    for (const sweep of has("sweep") ? distinct(data.rows.map((r) => get(r, "sweep"))) : [null]) {
      const rows = data.rows.filter((r) => (sweep === null || get(r, "sweep") === sweep) && !empty(get(r, y)));
      const spread = (key) => distinct(rows.map((r) => get(r, key))).length;
      const x = spread("batch") > spread("width") ? "batch" : "width";
      const other = x === "width" ? "batch" : "width";
      const fixedPart = spread(other) === 1 && !empty(get(rows[0], other)) ? `${other} ${get(rows[0], other)}` : "";
      const several = spread(other) > 1;
      const group = (r) => `${get(r, "backend")}, ${threads(get(r, "threads") ?? r.threads)}${several ? `, ${other} ${get(r, other)}` : ""}`;
      const figure = frame(`${columns[index(y)].head} over ${x}`.replace(/^./, (c) => c.toUpperCase()), `${fixedPart}${fixedPart ? "; " : ""}both axes logarithmic`);
      plot(figure, { ...curves(rows, x, y, group), x: named(x), y: unit(y) || named(y), xLog: 2, yLog: 10 });
    }
  }

  function scaling() {
    const rows = data.rows.filter((r) => !empty(get(r, "speedup")));
    const group = (r) => [get(r, "net"), get(r, "backend")].filter((v) => !empty(v)).join(", ");
    const chart = curves(rows, "threads", "speedup", group);
    chart.series.push({ label: "ideal", stroke: style("--soft"), width: 1, dash: [6, 5], points: { show: false }, ys: chart.xs, guide: true });
    const top = Math.max(...chart.xs, ...rows.map((r) => get(r, "speedup")));
    plot(frame("Speed-up over threads", "dashed: ideal"), {
      ...chart, x: "threads", y: "speed-up", yRange: [0, top * 1.08], xRange: [0.5, Math.max(...chart.xs) + 0.5],
      ...(chart.xs.length <= 16 ? { xSplits: () => chart.xs } : {}),
    });
  }

  /* A part has the same colour in every chart. */
  const allKinds = distinct(data.rows.map((r) => get(r, "kind") ?? get(r, "backend")).filter((kind) => kind !== "step"));
  const kindColour = (kind) => colour(Math.max(0, allKinds.indexOf(kind)));

  /* One bar for each layer, one part for each equation. */
  function anatomy() {
    const time = ["microseconds", "seconds", "share"].find(has);
    const steps = data.rows.filter((r) => get(r, "kind") !== "step" && get(r, time) > 0);
    for (const net of has("net") ? distinct(steps.map((r) => get(r, "net"))) : [null]) {
      const rows = steps.filter((r) => net === null || get(r, "net") === net);
      const items = distinct(rows.map((r) => get(r, "layer"))).map((layer) => {
        const own = rows.filter((r) => get(r, "layer") === layer);
        const value = own.reduce((sum, r) => sum + get(r, time), 0);
        const share = has("share") ? own.reduce((sum, r) => sum + get(r, "share"), 0) : null;
        const parts = own.map((r) => ({ size: get(r, time), colour: kindColour(get(r, "kind")), title: `${get(r, "kind")}: ${digits(get(r, time))} ${unit(time)}` }));
        const label = /^\d+$/.test(layer) ? `layer ${layer}` : layer === "all" ? "all layers" : layer;
        return { label, value, parts, text: `${digits(value)} ${unit(time)}${share !== null && time !== "share" ? ` (${digits(share, 2)} %)` : ""}` };
      });
      const legend = distinct(rows.map((r) => get(r, "kind"))).map((kind) => [kind, kindColour(kind)]);
      bars(frame(net === null ? "One step by layer and part" : `One step of ${net}`, `time by layer and part, ${unit(time)}`), items, legend);
    }
  }

  /* Arithmetic over intensity under the measured ceilings. */
  function roofline() {
    const rows = data.rows.filter((r) => get(r, "intensity") > 0 && get(r, "gflops") > 0);
    if (rows.length === 0) return;
    const scope = Math.max(...rows.map((r) => get(r, "threads") ?? (Number(/threads:(\d+)/.exec(r.name)?.[1]) || r.threads))) > 1 ? "all_threads" : "one_thread";
    const precision = facts.peaks.fma_f32_flops[scope] ? "f32" : "f64";
    const peak = facts.peaks[`fma_${precision}_flops`][scope] / 1e9, band = facts.peaks.memory_bytes[scope] / 1e9;
    const measured = peak > 0 && band > 0;
    const intensity = rows.map((r) => get(r, "intensity")), knee = measured ? peak / band : intensity[0];
    const low = niceBelow(Math.min(...intensity, knee) / 1.5), high = Math.max(...intensity, knee) * 2;
    const roof = measured ? [low, knee, high] : [];
    const kindOf = (r) => get(r, "kind") ?? get(r, "backend") ?? "product";
    const kinds = distinct(rows.map(kindOf));
    const all = [...rows.map((r) => ({ x: get(r, "intensity"), r })), ...roof.map((x) => ({ x }))].sort((a, b) => a.x - b.x);
    const series = kinds.map((kind) => ({
      label: kind, stroke: kindColour(kind), paths: () => null, points: { show: true, size: 9, fill: kindColour(kind) },
      ys: all.map((p) => (p.r && kindOf(p.r) === kind ? get(p.r, "gflops") : null)),
    }));
    if (measured)
      series.push({ label: "ceiling", stroke: style("--ink"), width: 2, points: { show: false }, guide: true, ys: all.map((p) => (p.r ? null : Math.min(peak, band * p.x))) });
    const label = (r) => [distinct(rows.map((o) => get(o, "net"))).length > 1 ? get(r, "net") : null, get(r, "layer") ?? get(r, "nr")].filter((v) => !empty(v)).join(" ");
    const tops = rows.map((r) => get(r, "gflops"));
    plot(frame("Roofline", measured ? `ceilings: ${digits(peak)} GFLOP/s of ${precision} FMA, ${digits(band)} GB/s of memory (${scope === "one_thread" ? "one thread" : "all threads"})${has("kind") ? "; numbers are layers" : ""}` : "ceilings were not measured"), {
      xs: all.map((p) => p.x), series, x: "intensity, FLOP/byte", y: "GFLOP/s", xLog: 10, yLog: 10,
      xRange: [low, high], yRange: [niceBelow(Math.min(...tops, ...(measured ? [band * low] : [])) / 1.5), Math.max(...tops, measured ? peak : 0) * 2],
      ...(has("kind") ? { draw: (u) => labels(u, rows.map((r) => ({ x: get(r, "intensity"), y: get(r, "gflops"), text: label(r) }))) } : {}),
    });
  }

  /* Texts beside points; points that lie together share one. */
  function labels(u, marks) {
    const c = u.ctx, ratio = devicePixelRatio, places = [];
    for (const mark of marks) {
      const x = u.valToPos(mark.x, "x", true), y = u.valToPos(mark.y, "y", true);
      const near = places.find((p) => Math.abs(p.x - x) < 14 * ratio && Math.abs(p.y - y) < 14 * ratio);
      if (near) near.texts.add(mark.text);
      else places.push({ x, y, texts: new Set([mark.text]) });
    }
    c.save();
    c.font = `${11 * ratio}px system-ui, sans-serif`;
    c.fillStyle = style("--ink");
    c.textAlign = "center";
    c.textBaseline = "bottom";
    for (const p of places) c.fillText([...p.texts].join(", "), p.x, p.y - 9 * ratio);
    c.restore();
  }

  /* One bar for each row, named by the columns that tell the rows apart. */
  function rowBars() {
    const y = speedKey();
    if (!y) return;
    const names = columns.filter((c, i) => i < index(y) && (c.decimals === null || ["batch", "threads", "width"].includes(c.key)));
    const telling = names.filter((c) => distinct(data.rows.map((r) => get(r, c.key))).length > 1);
    const rows = data.rows.filter((r) => get(r, y) > 0);
    const groups = distinct(rows.map((r) => get(r, "backend")));
    const text = (r, c) => (c.key === "threads" ? threads(get(r, c.key)) : c.decimals === null ? get(r, c.key) : `${c.head} ${get(r, c.key)}`);
    const items = rows.map((r) => ({
      label: telling.filter((c) => !empty(get(r, c.key))).map((c) => text(r, c)).join(", ") || r.name,
      value: get(r, y),
      text: `${digits(get(r, y))} ${unit(y)}${empty(get(r, "peak_share")) ? "" : ` (${digits(get(r, "peak_share"), 2)} %)`}`,
      parts: [{ size: get(r, y), colour: colour(groups.indexOf(get(r, "backend"))), title: r.name }],
    }));
    const legend = groups.length > 1 ? groups.map((g, i) => [g, colour(i)]) : [];
    if (items.length) bars(frame(`${columns[index(y)].head}, ${unit(y)}`.replace(/^./, (c) => c.toUpperCase()), has("peak_share") ? "in brackets: share of the FMA peak" : ""), items, legend);
  }

  const cases = { crossover: [crossover], scaling: [scaling], anatomy: [anatomy, roofline], gemm: [roofline, rowBars], gate: [] };

  fillTexts();
  fillTable();
  page.start(() => {
    if (data.rows.length) for (const chart of cases[facts.benchmark] ?? [rowBars]) chart();
  });
})();
