package fault

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var answersOK = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

// ask sends one request through the handler and returns its status and how long it took.
func ask(handler http.Handler) (int, time.Duration) {
	start := time.Now()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	return recorder.Code, time.Since(start)
}

func TestTheShareOfErrorsIsWhatWasAskedForOverShortRunsToo(t *testing.T) {
	for _, want := range []float64{0, 0.001, 0.02, 0.3, 0.5, 0.999, 1} {
		var faults Switch
		faults.Set(Plan{Errors: want})
		handler := faults.Wrap(answersOK)
		failed := 0
		for n := 1; n <= 2000; n++ {
			if code, _ := ask(handler); code == http.StatusInternalServerError {
				failed++
			}
			if off := math.Abs(float64(failed) - want*float64(n)); off > 4 {
				t.Fatalf("share %g: %d of the first %d failed", want, failed, n)
			}
		}
	}
}

func TestDelaysFallOnTheirOwnShareOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var faults Switch
		faults.Set(Plan{Errors: 0.3, Delay: 400 * time.Millisecond, Slow: 0.2})
		handler := faults.Wrap(answersOK)
		slow, both := 0, 0
		for range 1000 {
			code, took := ask(handler)
			if took == 400*time.Millisecond {
				slow++
				if code == http.StatusInternalServerError {
					both++
				}
			} else if took != 0 {
				t.Fatalf("a request took %s", took)
			}
		}
		if slow < 196 || slow > 204 {
			t.Errorf("%d of 1000 were slow, want 200", slow)
		}
		if both < 40 || both > 80 { // 60 when the two are independent
			t.Errorf("%d of 1000 were slow and failed, want about 60", both)
		}
	})
}

func TestAClientThatGoesAwayEndsTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var faults Switch
		faults.Set(Plan{Delay: time.Minute, Slow: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		faults.Wrap(answersOK).ServeHTTP(httptest.NewRecorder(), request)
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestTheSwitchIsSetShownAndEndedOverHTTP(t *testing.T) {
	var faults Switch
	for _, step := range []struct {
		method, target string
		code           int
		body           string
	}{
		{"GET", "/fault", 200, `{"delay":"0s","errors":0,"slow":0}`},
		{"POST", "/fault?errors=0.3&delay=400ms", 200, `{"delay":"400ms","errors":0.3,"slow":1}`},
		{"POST", "/fault?errors=30", 400, `errors: "30" is not a share between 0 and 1`},
		{"POST", "/fault?delay=-1s", 400, "delay: -1s is not between 0s and 1m"},
		{"POST", "/fault?latency=1s", 400, "latency: no such setting: want errors=0.3, delay=400ms or slow=0.1"},
		{"GET", "/fault", 200, `{"delay":"400ms","errors":0.3,"slow":1}`},
		{"PUT", "/fault", 405, "want GET, POST or DELETE"},
		{"DELETE", "/fault", 200, `{"delay":"0s","errors":0,"slow":0}`},
	} {
		recorder := httptest.NewRecorder()
		faults.ServeHTTP(recorder, httptest.NewRequest(step.method, step.target, nil))
		if body := strings.TrimSpace(recorder.Body.String()); recorder.Code != step.code || body != step.body {
			t.Errorf("%s %s: got %d %s", step.method, step.target, recorder.Code, body)
		}
	}
}

func TestAPlanReplacesTheOneBeforeWhole(t *testing.T) {
	plan, err := Parse(url.Values{"errors": {"0.1"}})
	if err != nil || plan != (Plan{Errors: 0.1}) {
		t.Errorf("got %+v, %v", plan, err)
	}
}
