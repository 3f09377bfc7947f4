/** One line of a plot; its points lie in the order of x. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { left: 64, right: 16, top: 40, bottom: 48 };
const INNER = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const COLOURS = ["#0969da", "#cf222e", "#1a7f37", "#8250df"];
/** About. */
const TICKS = 5;

/** Both axes begin at 0, so that a straight line through it is what costs the same for each. An SVG document. */
export function drawPlot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const [along, upwards] = [axisOf(points.map(([value]) => value)), axisOf(points.map(([, value]) => value))];
  const at = (value: number) => MARGIN.left + (value / along.end) * INNER.width;
  const up = (value: number) => HEIGHT - MARGIN.bottom - (value / upwards.end) * INNER.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text({ x: WIDTH / 2, y: 20, anchor: "middle" }, title),
    ...upwards.ticks.flatMap((value) => [
      `<path d="M${MARGIN.left} ${round(up(value))}H${WIDTH - MARGIN.right}" stroke="#d0d7de"/>`,
      text({ x: MARGIN.left - 8, y: up(value) + 4, anchor: "end" }, short(value)),
    ]),
    ...along.ticks.map((value) =>
      text({ x: at(value), y: HEIGHT - MARGIN.bottom + 18, anchor: "middle" }, short(value)),
    ),
    text({ x: MARGIN.left + INNER.width / 2, y: HEIGHT - 10, anchor: "middle" }, x),
    text({ x: 12, y: MARGIN.top - 12, anchor: "start" }, y),
    ...lines.flatMap(({ name, points: own }, i) => {
      const colour = COLOURS[i % COLOURS.length];
      const places = own.map(([valueX, valueY]) => [round(at(valueX)), round(up(valueY))] as const);
      return [
        `<path d="M${places.map((place) => place.join(" ")).join("L")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`),
        text({ x: MARGIN.left + 12, y: MARGIN.top + 16 + 18 * i, anchor: "start", fill: colour }, name),
      ];
    }),
    "</svg>",
    "",
  ].join("\n");
}

/** An axis from 0 to the first tick behind all values; ticks are 1, 2 or 5 of a power of ten apart. */
function axisOf(values: readonly number[]): { readonly end: number; readonly ticks: readonly number[] } {
  const largest = Math.max(Number.MIN_VALUE, ...values);
  const power = 10 ** Math.floor(Math.log10(largest / TICKS));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= largest / TICKS) ?? 10);
  const count = Math.ceil(largest / step);
  return { end: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
const short = (value: number): string => Number(value.toPrecision(3)).toLocaleString("en-US");
const escaped = (words: string): string => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function text(
  { x, y, anchor, fill = "#1f2328" }: { x: number; y: number; anchor: string; fill?: string | undefined },
  words: string,
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${fill}">${escaped(words)}</text>`;
}
