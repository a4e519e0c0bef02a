package model_test

import (
	"fmt"
	"time"

	"github.com/greynewell/mist-go/model"
)

func ExamplePredict() {
	trace := model.Predict(model.Scenario{
		DrainTimeout: 4 * time.Second,
		Main:         model.Main{AfterCancel: true, After: 500 * time.Millisecond},
		Stops:        []model.Stop{{By: model.SIGTERM, At: time.Second}},
		Groups:       []model.Group{{Units: []model.Unit{{Lasts: 3 * time.Second}}}},
		Hooks: []model.Hook{
			{Lasts: time.Second},
			{Lasts: 2 * time.Second, Ends: model.Panics},
		},
	})[0]
	fmt.Print(trace)
	// Output:
	// 0s              starting --started--> running
	// 1s              running --stop_requested--> draining
	// 1s              context cancelled: SIGTERM
	// 1.5s            main is back
	// 3s              draining --drained--> hooks
	// 3s              work context cancelled: canceled
	// 3s              hook 2 begins, deadline 13s
	// 5s              hook 2 ended
	// 5s              hook 1 begins, deadline 13s
	// 6s              hook 1 ended
	// 6s              hooks --hooks_finished--> stopped
	// 6s              Run returns [hook panic #2]
}

// What an implementation did is a trace as well. Here it forgot the error.
func ExampleDiff() {
	want := model.Predict(model.Scenario{Main: model.Main{Ends: model.ReturnsError, After: time.Second}})[0]
	got := want
	got.Errors = nil
	fmt.Print(model.Diff(want, got))
	// Output:
	//   want                                              | got
	//   0s              starting --started--> running     | 0s              starting --started--> running
	//   1s              main is back                      | 1s              main is back
	//   1s              running --main_exited--> draining | 1s              running --main_exited--> draining
	//   1s              context cancelled: canceled       | 1s              context cancelled: canceled
	//   1s              draining --drained--> hooks       | 1s              draining --drained--> hooks
	//   1s              work context cancelled: canceled  | 1s              work context cancelled: canceled
	//   1s              hooks --hooks_finished--> stopped | 1s              hooks --hooks_finished--> stopped
	// < 1s              Run returns [main error]          |
	// >                                                   | 1s              Run returns nil
}

func ExampleScenario_String() {
	fmt.Println(model.Scenario{
		Main:  model.Main{After: model.Never},
		Stops: []model.Stop{{By: model.StopWithError, At: 250 * time.Millisecond}},
	})
	// Output:
	// model.Scenario{
	// 	Main: model.Main{After: model.Never},
	// 	Stops: []model.Stop{
	// 		{By: model.StopWithError, At: 250*time.Millisecond},
	// 	},
	// }
}

func ExampleExplore() {
	fmt.Println(model.Explore())
	// Output:
	// 44975 states, 424903 edges, depth 22, 11 rows of the table taken, 0 violations
}

func ExampleTrace_Finds() {
	trace := model.Predict(model.Scenario{
		Hooks: []model.Hook{{Lasts: model.Never, Timeout: time.Second}},
	})[0]
	fmt.Println(trace.Errors, trace.Finds(model.ShutdownTimeout), trace.Finds(model.DrainTimeout))
	// Output: [hook timeout #1] true false
}
