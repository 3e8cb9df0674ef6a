import { Browser } from './browser.mjs';
const b = await Browser.start();
const [,, file, out] = process.argv;
for (const scheme of ['light', 'dark']) {
 await b.open('file://' + file, { width: 1200, height: 900, scheme });
 const box = await b.box('#cpu');
 await b.mouse('mouseMoved', box.x + 500, box.y + 150); await b.settle();
 await b.screenshot(`${out}-${scheme}.png`);
}
await b.open('file://' + file, { width: 420, height: 900, scheme: 'light' });
await b.screenshot(`${out}-narrow.png`);
console.log(b.complaints);
await b.end();
