import { init, setPlatformAPI, type EChartsOption } from 'echarts';

const FONT = 'Helvetica, Arial, sans-serif';

/** Width of a character of the widest font that a reader's system may put in place of ours, in font sizes. */
const WIDEST_CHARACTER = 0.62;

// Without a browser nothing measures text; too much room between two labels is better than too little.
setPlatformAPI({
	measureText: (text, font) => ({ width: text.length * WIDEST_CHARACTER * Number(/(\d+(?:\.\d+)?)px/.exec(font ?? '')?.[1] ?? 12) }),
});

/** Draws a chart without a browser. Sizes are pixels. On a white ground, so that it reads in dark mode as well. */
export function drawSvg(option: EChartsOption, width: number, height: number): string {
	const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
	chart.setOption({ animation: false, backgroundColor: '#ffffff', textStyle: { fontFamily: FONT }, ...option });
	const svg = chart.renderToSVGString();
	chart.dispose();
	return svg;
}
