package http2frame

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsEncodedIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := Frame{
			Type: rapid.Byte().Draw(rt, "type"), Flags: rapid.Byte().Draw(rt, "flags"),
			Stream:  rapid.Uint32Max(1<<31-1).Draw(rt, "stream"),
			Payload: make([]byte, rapid.SampledFrom([]int{0, 1, 255, 256, 1 << 16, 1<<24 - 1}).Draw(rt, "length")),
		}
		for i := range min(8, len(want.Payload)) {
			want.Payload[i] = byte(i + 1)
		}
		sent := Encode(want.Type, want.Flags, want.Stream, want.Payload)
		got, err := Read(bytes.NewReader(sent))
		if err != nil || !reflect.DeepEqual(got, want) {
			rt.Fatalf("type %d, flags %d, stream %d, %d bytes; want %d, %d, %d, %d (%v)",
				got.Type, got.Flags, got.Stream, len(got.Payload), want.Type, want.Flags, want.Stream, len(want.Payload), err)
		}
		if _, err := Read(bytes.NewReader(sent[:len(sent)-1])); !errors.Is(err, io.ErrUnexpectedEOF) {
			rt.Fatalf("a frame that is cut short: %v", err)
		}
	})
}

func TestTheReservedBitOfAStreamIsIgnored(t *testing.T) {
	f, err := Read(bytes.NewReader(Encode(Data, 0, 1<<31|5, nil)))
	if err != nil || f.Stream != 5 {
		t.Errorf("stream %d, %v; want 5", f.Stream, err)
	}
}

func TestSettingsAndPingsAreAcknowledgedOnce(t *testing.T) {
	for _, kind := range []byte{Data, Headers, Reset, Settings, Ping, GoAway, WindowUpdate} {
		reply := Frame{Type: kind, Payload: []byte("12345678")}.Reply()
		if want := kind == Settings || kind == Ping; (reply != nil) != want {
			t.Errorf("a frame of type %d has a reply: %v", kind, reply != nil)
		}
		if reply == nil {
			continue
		}
		ack, err := Read(bytes.NewReader(reply))
		if err != nil || ack.Type != kind || ack.Flags != Ack || kind == Ping && string(ack.Payload) != "12345678" {
			t.Errorf("the reply to type %d is %v, %v", kind, ack, err)
		}
		if ack.Reply() != nil {
			t.Errorf("an acknowledgement of type %d is acknowledged", kind)
		}
	}
}
