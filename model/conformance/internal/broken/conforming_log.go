package broken

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/greynewell/mist-go/fsm"
)

// logVariants differ in the words of the log, in its levels and in how a place is
// written.
func logVariants() []variant {
	return []variant{
		{"logs twice as much", "LOG STATE DRAIN HOOK", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				log(level, line)
				log("DEBUG", "one more line is written")
			})
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				write(r)
				write(slog.NewRecord(r.Time, slog.LevelDebug, "one more record is written", r.PC))
			})
		}},
		{"logs transitions at Debug", "LOG STATE", func(i *impl) { atLevel(i, slog.LevelDebug) }},
		{"logs transitions as warnings", "LOG STATE DRAIN", func(i *impl) { atLevel(i, slog.LevelWarn) }},
		{"logs transitions at a level of its own", "LOG STATE DRAIN", func(i *impl) { atLevel(i, slog.LevelInfo+2) }},
		{"has a logger with attributes of its own", "LOG", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger != nil {
					s.Logger = s.Logger.With("component", "lifecycle", slog.Group("process", "pid", 4711))
				}
			})
		}},
		{"logs what is waited for as a group", "LOG", func(i *impl) {
			count := regexp.MustCompile(`([0-9]+) (tracked|task|drain group|request)`)
			onAttr(i, "waits_for", func(a slog.Attr) slog.Attr {
				counts := []any{slog.String("main", "yes")}
				for _, found := range count.FindAllStringSubmatch(a.Value.String(), -1) {
					counts = append(counts, slog.String(found[2], found[1]))
				}
				return slog.Group("waits_for", counts...)
			})
		}},
		{"logs in other words", "LOG STATE DRAIN HOOK RUN", func(i *impl) {
			words := regexp.MustCompile(`\b(main|returned|draining|stopped|timeout|ran out|not run|refused|too late|will not be waited for|interrupt)\b`)
			onLines(i, func(line string) string { return "service: " + words.ReplaceAllString(line, "that") })
		}},
		{"logs its own names of functions", "DRAIN HOOK HEALTH", func(i *impl) {
			i.Names = map[string]string{"OnShutdownContext": "Finally", "Serve": "Listen", "Track": "Hold", "grace": "patience"}
			renamed := strings.NewReplacer("OnShutdownContext", "Finally", "ListenAndServe", "Listen", "Serve", "Listen", "Track", "Hold",
				"WithReturnGrace", "WithPatience", "return grace", "patience", "grace", "patience", "Follow", "Watch")
			onLines(i, renamed.Replace)
			onHealth(i, func(h *funcs) {
				follow := h.Follow
				h.Follow = func(ctx context.Context) {
					if _, ok := fsm.FromContext(ctx); !ok {
						slog.Error("Watch: the context carries no run")
						return
					}
					follow(ctx)
				}
			})
		}},
		{"does not log where refused work came from", "DRAIN STATE", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if level != "WARN" {
					line = anyPlace.ReplaceAllString(line, "there")
				}
				log(level, line)
			})
		}},
		{"writes a place as file.go:12", "RUN DRAIN HOOK LOG HEALTH", writesPlaces("$1:$2")},
		{"writes a place as its file and line", "RUN DRAIN HOOK LOG HEALTH", writesPlaces("$1, line $2,")},
		{"writes a hook's place as its function and line", "RUN HOOK", func(i *impl) {
			i.OnShutdown = func(ctx context.Context, hook func() error) {
				function, line := caller(1)
				register(ctx, plainHook(hook), 0, function+" (line "+line+")")
			}
		}},
	}
}

var anyPlace = regexp.MustCompile(`[^ ,;=("\[]*/(\w+\.go):(\d+)`)

// writesPlaces has every place in errors and in the log be written so.
func writesPlaces(so string) func(i *impl) {
	rewrite := func(text string) string { return anyPlace.ReplaceAllString(text, so) }
	return func(i *impl) {
		onErrors(i, func(all []error) []error {
			for n, err := range all {
				was := fmt.Sprint(err) // main's Error may panic
				if text := rewrite(was); text != was {
					all[n] = reworded{err, text}
				}
			}
			return all
		})
		onLines(i, rewrite)
		work := i.WorkContext
		i.WorkContext = func(ctx context.Context) context.Context {
			if blameForeign(ctx, rewrite(place(1))) {
				return ctx
			}
			return work(ctx)
		}
	}
}

// atLevel has the transitions, which are logged at Info, be logged at another level.
func atLevel(i *impl, level slog.Level) {
	onLog(i, func(was, line string, log func(level, line string)) {
		if was == "INFO" {
			was = level.String()
		}
		log(was, line)
	})
	onRecord(i, func(r slog.Record, write func(slog.Record)) {
		if r.Level == slog.LevelInfo {
			r.Level = level
		}
		write(r)
	})
}

// onLines has f rewrite every line, and the message and the place of every record.
func onLines(i *impl, f func(line string) string) {
	onLog(i, func(level, line string, log func(level, line string)) { log(level, f(line)) })
	onRecord(i, func(r slog.Record, write func(slog.Record)) {
		r = changedAttrs(r, func(a slog.Attr) slog.Attr {
			if a.Key == "at" {
				a.Value = slog.StringValue(f(a.Value.String()))
			}
			return a
		})
		r.Message = f(r.Message)
		write(r)
	})
}

// caller is the function that calls it, so many callers up, and its line.
func caller(up int) (function, line string) {
	pc, _, n, _ := runtime.Caller(up + 1)
	name := runtime.FuncForPC(pc).Name()
	return name[strings.LastIndex(name, "/")+1:], strconv.Itoa(n)
}
