// Command logging has its own log lines and those of package lifecycle in one
// place and one format: JSON of log/slog, zap or zerolog.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() { os.Exit(logged()) }

// logged is a function of its own because os.Exit runs no deferred function.
func logged() (code int) {
	format := flag.String("format", "json", "json, zap or zerolog")
	debug := flag.Bool("debug", false, "log what is for developers, too")
	flag.Parse()
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	handler, flush, err := open(*format, os.Stderr, level)
	if err != nil {
		log.Print(err)
		return 2
	}
	defer flush() // after the last record: Run writes until it returns

	slog.SetDefault(slog.New(handler)) // the log of package lifecycle and, at Info, that of package log
	if err := lifecycle.Run(run); err != nil {
		slog.Error("billing failed", "error", err)
		return 1
	}
	slog.Info("bye")
	return 0
}

// open returns a handler for the format, and what to call when the last record
// is written.
func open(format string, out io.Writer, level slog.Level) (handler slog.Handler, flush func(), err error) {
	switch format {
	case "json":
		return slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}), func() {}, nil
	case "zap":
		encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
		buffered := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(out)}
		core := zapcore.NewCore(encoder, buffered, zapLevel(level))
		return zapslog.NewHandler(core, zapslog.WithCaller(true), zapslog.AddStacktraceAt(slog.LevelError+1)), func() { _ = buffered.Stop() }, nil
	case "zerolog":
		logger := zerolog.New(out).Level(zerologLevel(level))
		return zerolog.NewSlogHandler(logger), func() {}, nil
	}
	return nil, nil, fmt.Errorf("format %q is not json, zap or zerolog", format)
}

func zapLevel(level slog.Level) zapcore.Level {
	if level < slog.LevelInfo {
		return zapcore.DebugLevel
	}
	return zapcore.InfoLevel
}

func zerologLevel(level slog.Level) zerolog.Level {
	if level < slog.LevelInfo {
		return zerolog.DebugLevel
	}
	return zerolog.InfoLevel
}

func run(ctx context.Context) error {
	log.Print("a library that uses package log")
	slog.Info("billing begins", "queue", "invoices")
	lifecycle.OnShutdownContext(ctx, func(context.Context) error {
		return errors.New("ledger: disk full")
	}, lifecycle.HookName("close the ledger"))
	fmt.Println("billing waits for SIGTERM")
	<-ctx.Done()
	return ctx.Err() // a clean end, because the stop was asked for: the text is for Debug
}
