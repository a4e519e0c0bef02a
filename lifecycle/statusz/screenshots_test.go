package statusz_test

import (
	"bytes"
	"cmp"
	"flag"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/greynewell/mist-go/fsm"
)

// screenshots regenerates the documents' screenshots, from this directory:
//
//	go test -trimpath -run Fits . -screenshots ../../docs/images/statusz
var screenshots = flag.String("screenshots", "", "the `directory` to write screenshots to")

// keep writes the screenshots that the documents show: each state in a wide
// window, and one in a narrow one, in the dark.
func (c *chromium) keep(picture []byte, state fsm.State, width int, scheme string) {
	c.Helper()
	if *screenshots == "" {
		return
	}
	name := state.String() + ".png"
	switch {
	case width == desktop && scheme == "light":
	case width == phone && scheme == "dark" && state == fsm.Draining:
		name = state.String() + "-phone-dark.png"
	default:
		return
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		c.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, paletted(img)); err != nil {
		c.Fatal(err)
	}
	if small.Len() > 150_000 {
		c.Errorf("%s has %d bytes", name, small.Len())
	}
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name), small.Bytes(), 0o644); err != nil {
		c.Fatal(err)
	}
}

// paletted is img in at most 256 colours: those that it has most of, but none
// that is much like another, which for a page is as good as all.
func paletted(img image.Image) *image.Paletted {
	count := map[color.RGBA]int{}
	box := img.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) }
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	var palette color.Palette
	for _, c := range slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return cmp.Compare(count[b], count[a]) }) {
		if len(palette) < 256 && !slices.ContainsFunc(palette, func(p color.Color) bool { return alike(p.(color.RGBA), c) }) {
			palette = append(palette, c)
		}
	}
	small := image.NewPaletted(box, palette)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			small.Set(x, y, at(x, y))
		}
	}
	return small
}

func alike(a, b color.RGBA) bool {
	apart := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return apart(a.R, b.R)+apart(a.G, b.G)+apart(a.B, b.B) < 9
}
