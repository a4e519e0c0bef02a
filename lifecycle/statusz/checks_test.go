package statusz_test

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// expectNoOverlap looks for cells of a table whose text lies over another's.
func (c *chromium) expectNoOverlap(name string) {
	c.Helper()
	over := c.eval(`[...document.querySelectorAll("tr")].flatMap(row => {
		const boxes = [...row.querySelectorAll("th, td")].map(cell => {
			const range = document.createRange();
			range.selectNodeContents(cell);
			return [...range.getClientRects()];
		});
		return boxes.some((mine, i) => boxes.slice(i + 1).some(theirs => mine.some(a => theirs.some(b =>
			a.right > b.left + 1 && b.right > a.left + 1 && a.bottom > b.top + 1 && b.bottom > a.top + 1))))
			? [row.innerText.slice(0, 60)] : [];
	}).join("; ")`)
	if over != "" {
		c.Errorf("%s: text over text: %v", name, over)
	}
}

// expectNoOverflow looks for anything that is wider than the window.
func (c *chromium) expectNoOverflow(name string) {
	c.Helper()
	// Not innerWidth: in a window of a phone that grows with what is too wide.
	wide := c.eval(fmt.Sprintf(`[...document.querySelectorAll("body *")]
		.filter(e => e.getBoundingClientRect().right > %d + 0.5 || e.getBoundingClientRect().left < -0.5)
		.map(e => e.tagName + " " + e.textContent.trim().slice(0, 40)).join("; ")`, c.width))
	if scroll := c.eval(`document.documentElement.scrollWidth`).(float64) - float64(c.width); scroll > 0 || wide != "" {
		c.Errorf("%s: %v pixels too wide: %v", name, scroll, wide)
	}
}

// expectContrast compares every text with the ground of the page or its card,
// as WCAG 2 counts contrast; 4.5 is its level AA.
func (c *chromium) expectContrast(name string) {
	c.Helper()
	poor := c.eval(`(() => {
		const lum = c => { const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3)
			.map(v => v / 255).map(v => v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92);
			return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
		const poor = new Set();
		for (const e of document.querySelectorAll("body *:not(svg, svg *, script, noscript, progress)")) {
			if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
			const ground = getComputedStyle(e.closest(".card") || document.body).backgroundColor;
			const [a, b] = [lum(getComputedStyle(e).color), lum(ground)].sort((a, b) => b - a);
			const ratio = (a + 0.05) / (b + 0.05);
			if (ratio < 4.5) poor.add(ratio.toFixed(2) + " " + e.textContent.trim().slice(0, 40));
		}
		return [...poor].join("; ");
	})()`)
	if poor != "" {
		c.Errorf("%s: contrast %v", name, poor)
	}
}

func (c *chromium) expectNoConsoleMessage() {
	c.Helper()
	if len(c.console) > 0 {
		c.Errorf("the browser complains: %s", strings.Join(c.console, "\n"))
	}
}

func (c *chromium) expectNoRequestBut(url string) {
	c.Helper()
	if i := slices.IndexFunc(c.requests, func(got string) bool { return got != url }); i >= 0 {
		c.Errorf("the page asked for %s", c.requests[i])
	}
}

// expectPicture decodes a screenshot and looks whether it shows anything, on a
// ground that fits the scheme.
func expectPicture(t *testing.T, name string, picture []byte, width int, scheme string) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Dx() != width {
		t.Errorf("%s: the picture is %d pixels wide", name, img.Bounds().Dx())
	}
	r, _, _, _ := img.At(2, 2).RGBA()
	if dark := r < 0x8000; dark != (scheme == "dark") {
		t.Errorf("%s: the ground is dark: %v", name, dark)
	}
	colours := map[color.Color]bool{}
	for y := 0; y < img.Bounds().Dy(); y += 5 {
		for x := 0; x < width; x += 5 {
			colours[img.At(x, y)] = true
		}
	}
	if len(colours) < 20 {
		t.Errorf("%s: the picture has %d colours", name, len(colours))
	}
}
