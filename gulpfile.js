const { src, dest } = require('gulp');

/** Copies what tsc does not emit: icons, codex files and output schemas. */
function buildAssets() {
	return src(['nodes/**/*.{svg,png,json}', 'credentials/**/*.{svg,png}'], { base: '.', encoding: false }).pipe(dest('dist'));
}

exports['build:assets'] = buildAssets;
