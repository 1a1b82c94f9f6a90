// Draws each `*.txt` of this folder as a sequence diagram, `*.svg`. Run it as `scripts/pictures`;
// with `--check` it only says which pictures are not what their texts say.
//
// A text has a title, who takes part, and what happens, from top to bottom:
//
//   A title
//
//   app = Your server              a column, from left to right
//   portico = Portico
//
//   app -> portico: asks           an arrow; with `-->` it is an answer, and dashed
//     code, code_verifier          indented: what it carries, below the arrow
//   portico: thinks                a note at a column; `app, portico: …` is one across both
//   box: every 5 seconds           a frame around what follows, up to
//   end
//
// What is in backquotes is set in a monospaced font.

import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const WIDTH = 700;
const EDGE = 8;
const HEADER = { top: 14, height: 36 };
// How much a character takes, at the most that the usual fonts make of it.
const TEXT = { size: 14, line: 18, letter: 7.3 };
const SMALL = { size: 12.5, line: 16, letter: 6.7 };
const MONO = 1.1;

const STYLE = `
svg{--bg:#faf9f6;--box:#fff;--line:#8a857a;--faint:#d5d1c7;--text:#1b1a17;--soft:#5a564d;--accent:#2d46c8;--note:#eef1fe;--rim:#c5cdf8}
@media (prefers-color-scheme:dark){svg{--bg:#121211;--box:#232320;--line:#8d887c;--faint:#3d3c38;--text:#f1efe9;--soft:#bcb8ae;--accent:#8fa1ff;--note:#1e2340;--rim:#3a4580}}
text{font:${TEXT.size}px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--text);text-anchor:middle}
.h{font-weight:600}.s{font-size:${SMALL.size}px;fill:var(--soft)}.f{text-anchor:start;font-size:${SMALL.size}px;fill:var(--soft);font-style:italic}
.n{font-size:11px;font-weight:600;fill:var(--bg)}.o{paint-order:stroke;stroke:var(--bg);stroke-width:5px;stroke-linejoin:round}
.m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.92em}
.bg{fill:var(--bg)}.who{fill:var(--box);stroke:var(--line)}.life{stroke:var(--faint);stroke-width:1.5}
.note{fill:var(--note);stroke:var(--rim)}.frame{fill:none;stroke:var(--line);stroke-dasharray:2 4}
.a{stroke:var(--accent);stroke-width:1.6;marker-end:url(#a)}.r{stroke-dasharray:6 4}.d{fill:var(--accent)}
`;

/** Reads a text. */
function parse(text, name) {
  const lines = text.split("\n");
  const picture = { title: lines.shift().trim(), columns: new Map(), steps: [] };
  const fail = (line) => {
    throw new Error(`${name}: this says nothing: ${line}`);
  };
  for (const line of lines.filter((line) => line.trim())) {
    const column = line.match(/^(\w+) = (.+)$/);
    const arrow = line.match(/^(\w+) (--?>) (\w+): (.+)$/);
    const note = line.match(/^(\w+)(?:, (\w+))?: (.+)$/);
    const known = (...names) => names.every((one) => picture.columns.has(one)) || fail(line);
    if (column) picture.columns.set(column[1], column[2].trim());
    else if (/^\s/.test(line)) (picture.steps.at(-1)?.carries ?? fail(line)).push(line.trim());
    else if (line === "end") picture.steps.push({ kind: "end" });
    else if (arrow) {
      const [, from, way, to, label] = arrow;
      known(from, to);
      picture.steps.push({ kind: "arrow", from, to, label, answer: way === "-->", carries: [] });
    } else if (note?.[1] === "box") picture.steps.push({ kind: "box", label: note[3] });
    else if (note) {
      known(note[1], note[2] ?? note[1]);
      picture.steps.push({ kind: "note", from: note[1], to: note[2] ?? note[1], label: note[3] });
    } else fail(line);
  }
  return picture;
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const plain = (text) => text.replaceAll("`", "");
const round = (number) => Math.round(number * 10) / 10;

function width(text, font) {
  const pieces = text.split("`");
  return pieces.reduce((sum, piece, i) => sum + piece.length * font.letter * (i % 2 ? MONO : 1), 0);
}

/** Breaks a text between words; a code that is broken is closed and opened again. */
function wrap(text, room, font) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (width(word, font) > room) throw new Error(`there is no room for "${word}"`);
    const longer = line ? `${line} ${word}` : word;
    if (line && width(longer, font) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  let open = false;
  return lines.map((line) => {
    const begun = open ? `\`${line}` : line;
    open = begun.split("`").length % 2 === 0;
    return open ? `${begun}\`` : begun;
  });
}

function write(text, x, y, classes = "") {
  const spans = text.split("`").map((piece, i) => (i % 2 ? `<tspan class="m">${escape(piece)}</tspan>` : escape(piece)));
  return `<text x="${round(x)}" y="${round(y)}"${classes && ` class="${classes}"`}>${spans.join("")}</text>`;
}

/** For whoever does not see it. */
function describe({ columns, steps }) {
  let number = 0;
  const sentences = steps.map((step) => {
    const [from, to] = [columns.get(step.from), columns.get(step.to)];
    if (step.kind === "box") return `(${plain(step.label)}:`;
    if (step.kind === "end") return ")";
    if (step.kind === "note") return `${from === to ? from : `${from} and ${to}`}: ${plain(step.label)}.`;
    const carries = step.carries.length ? ` (${plain(step.carries.join("; "))})` : "";
    return `${++number}. ${from} to ${to}: ${plain(step.label)}${carries}.`;
  });
  return sentences.join(" ");
}

function draw(picture) {
  const { title, columns, steps } = picture;
  const count = columns.size;
  const side = { 2: 125, 3: 105, 4: 88 }[count];
  if (!side) throw new Error(`${title}: it has two, three or four columns`);
  const gap = (WIDTH - 2 * side) / (count - 1);
  const x = new Map([...columns.keys()].map((name, i) => [name, side + i * gap]));
  const box = Math.min(2 * (side - EDGE), gap - 12);

  const behind = [];
  const front = [];
  const frames = [];
  let y = HEADER.top + HEADER.height + 12;
  let number = 0;

  const header = (top) => {
    for (const [name, label] of columns) {
      const left = round(x.get(name) - box / 2);
      front.push(`<rect class="who" x="${left}" y="${top}" width="${round(box)}" height="${HEADER.height}" rx="8"/>`);
      front.push(write(label, x.get(name), top + 23, "h"));
    }
  };
  header(HEADER.top);

  for (const step of steps) {
    if (step.kind === "arrow") {
      const [from, to] = [x.get(step.from), x.get(step.to)];
      const way = Math.sign(to - from);
      const middle = (from + to) / 2;
      const room = Math.abs(to - from) - 30;
      y += 6;
      for (const line of wrap(step.label, room, TEXT)) front.push(write(line, middle, (y += TEXT.line) - 4, "o"));
      y += 4;
      front.push(`<path class="a${step.answer ? " r" : ""}" d="M${round(from + way * 9)} ${y}H${round(to - way * 3)}"/>`);
      front.push(`<circle class="d" cx="${round(from)}" cy="${y}" r="9"/>`);
      front.push(write(String(++number), from, y + 4, "n"));
      for (const text of step.carries) {
        for (const line of wrap(text, room, SMALL)) front.push(write(line, middle, (y += SMALL.line), "s o"));
      }
      y += 8;
    } else if (step.kind === "note") {
      const [left, right] = [x.get(step.from), x.get(step.to)].sort((a, b) => a - b);
      const room = step.from === step.to ? Math.min(gap - 24, 230) : right - left + 60;
      const lines = wrap(step.label, room - 20, SMALL);
      const least = step.from === step.to ? 0 : room;
      const wide = Math.min(room, Math.max(least, ...lines.map((line) => width(line, SMALL) + 20)));
      const middle = Math.min(Math.max((left + right) / 2, EDGE + wide / 2), WIDTH - EDGE - wide / 2);
      const height = lines.length * SMALL.line + 10;
      y += 8;
      front.push(
        `<rect class="note" x="${round(middle - wide / 2)}" y="${y}" width="${round(wide)}" height="${height}" rx="6"/>`,
      );
      lines.forEach((line, i) => front.push(write(line, middle, y + 17 + i * SMALL.line, "s")));
      y += height + 4;
    } else if (step.kind === "box") {
      y += 10;
      frames.push(y);
      front.push(write(step.label, EDGE + 12, y + 18, "f o"));
      y += 22;
    } else {
      const top = frames.pop();
      if (top === undefined) throw new Error(`${title}: an end without a box`);
      y += 8;
      behind.push(`<rect class="frame" x="${EDGE}" y="${top}" width="${WIDTH - 2 * EDGE}" height="${y - top}" rx="8"/>`);
      y += 4;
    }
  }
  if (frames.length) throw new Error(`${title}: a box without an end`);
  y += 12;
  const bottom = y;
  // Of a tall picture, the lower part says again whose lines these are.
  if (bottom > 560) {
    header(bottom);
    y += HEADER.height + HEADER.top;
  }
  for (const at of x.values()) {
    behind.unshift(`<path class="life" d="M${round(at)} ${HEADER.top + HEADER.height}V${bottom}"/>`);
  }

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-labelledby="t d">
<title id="t">${escape(title)}</title>
<desc id="d">${escape(describe(picture))}</desc>
<style>${STYLE}</style>
<defs><marker id="a" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto"><path class="d" d="M0 .5 9.5 5 0 9.5z"/></marker></defs>
<rect class="bg" width="${WIDTH}" height="${y}" rx="10"/>
${behind.join("\n")}
${front.join("\n")}
</svg>
`;
}

const folder = import.meta.dirname;
const check = process.argv.includes("--check");
const names = (ending) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => basename(name, ending));

const texts = names(".txt");
const stale = [];
for (const name of texts) {
  const svg = draw(parse(readFileSync(join(folder, `${name}.txt`), "utf8"), `${name}.txt`));
  const path = join(folder, `${name}.svg`);
  let present = "";
  try {
    present = readFileSync(path, "utf8");
  } catch {
    // A new one.
  }
  if (present === svg) continue;
  stale.push(`${name}.svg`);
  if (!check) writeFileSync(path, svg);
}
for (const name of names(".svg").filter((name) => !texts.includes(name))) {
  stale.push(`${name}.svg, which has no text`);
  if (!check) rmSync(join(folder, `${name}.svg`));
}
if (check && stale.length) {
  console.error(`not as their texts say; draw them anew with scripts/pictures: ${stale.join(", ")}`);
  process.exit(1);
}
console.log(`${texts.length} pictures, ${stale.length} drawn anew`);
