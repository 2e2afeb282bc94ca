package landfall_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall"
)

func TestAsError(t *testing.T) {
	limited := landfall.Errorf(landfall.CodeRateLimited, "wait").With("retry_after_ms", 500)
	for name, c := range map[string]struct {
		err  error
		code landfall.Code
	}{
		"itself":               {limited, landfall.CodeRateLimited},
		"within another":       {fmt.Errorf("line: %w", limited), landfall.CodeRateLimited},
		"a deadline":           {fmt.Errorf("ask: %w", context.DeadlineExceeded), landfall.CodeTimeout},
		"a hang-up":            {fmt.Errorf("ask: %w", context.Canceled), landfall.CodeCancelled},
		"its code, not a time": {limited.Because(context.DeadlineExceeded), landfall.CodeRateLimited},
		"anything unforeseen":  {io.ErrUnexpectedEOF, landfall.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			got := landfall.AsError(c.err)
			if got.Code != c.code || !errors.Is(got, c.err) && !errors.Is(c.err, got) {
				t.Errorf("got %v of %v", got, c.err)
			}
		})
	}
	if landfall.AsError(nil) != nil {
		t.Error("nil is no error")
	}
}

// What may be shown never holds what is for the log.
func TestTheMessageKeepsTheCauseOut(t *testing.T) {
	e := landfall.AsError(errors.New("password hunter2 in /etc/x"))
	if strings.Contains(e.Message, "hunter2") || !strings.Contains(e.Error(), "hunter2") {
		t.Errorf("message %q, for the log %q", e.Message, e)
	}
}

func TestErrorSaysAll(t *testing.T) {
	e := landfall.Errorf(landfall.CodeUnavailable, "not %s", "now").Because(io.EOF)
	e.Reasons = []landfall.Reason{landfall.NewReason(landfall.ReasonLanguage, "xa"), landfall.NewReason(landfall.ReasonPartnerDown, "down")}
	if want := "unavailable: not now; language_unsupported: xa; partner_down: down: EOF"; e.Error() != want {
		t.Errorf("got %q", e)
	}
	if d := cmp.Diff(landfall.Object{{Key: "limit", Value: 1}, {Key: "count", Value: 2}}, e.With("limit", 1).With("count", 2).Params); d != "" {
		t.Error(d)
	}
}

func TestReasonOf(t *testing.T) {
	for _, c := range []struct {
		err         error
		code, actor string
	}{
		{landfall.ErrNotApproved, landfall.ReasonNotApproved, "regulator"},
		{landfall.ErrNotYet, landfall.ReasonNotApproved, "regulator"},
		{landfall.ErrPurpose, landfall.ReasonNotApproved, "regulator"},
		{landfall.ErrForeignPermit, landfall.ReasonNotApproved, "regulator"},
		{fmt.Errorf("%w: %w", landfall.ErrNotApproved, landfall.ErrSignature), landfall.ReasonNotApproved, "regulator"},
		{fmt.Errorf("%w: a, b", landfall.ErrDigestMismatch), landfall.ReasonMismatch, "operator"},
		{landfall.ErrExpired, landfall.ReasonExpired, "operator"},
		{landfall.ErrPermitEnded, landfall.ReasonExpired, "operator"},
		{io.EOF, landfall.ReasonNotApproved, "regulator"},
	} {
		r := landfall.ReasonOf(c.err)
		if r.Code != c.code || r.Actor != c.actor || r.Waiting || !strings.Contains(r.Message, c.err.Error()) {
			t.Errorf("%v: %+v", c.err, r)
		}
	}
}

func TestNewReason(t *testing.T) {
	for code, want := range map[string]landfall.Reason{
		landfall.ReasonNotApproved:      {Actor: "regulator", Permanent: true},
		landfall.ReasonNotOffered:       {Actor: "operator", Permanent: true},
		landfall.ReasonExpired:          {Actor: "operator"},
		landfall.ReasonPolicyStale:      {Actor: "operator"},
		landfall.ReasonLanguage:         {Actor: "developer", Permanent: true},
		landfall.ReasonLanguagePair:     {Actor: "developer", Permanent: true},
		landfall.ReasonNotEntitled:      {Actor: "developer", Permanent: true},
		landfall.ReasonConsent:          {Actor: "user"},
		landfall.ReasonAge:              {Actor: "user"},
		landfall.ReasonQuota:            {Actor: "time", Waiting: true},
		landfall.ReasonModelDownloading: {Actor: "time", Waiting: true},
		landfall.ReasonNotReady:         {Actor: "time", Waiting: true},
		landfall.ReasonPartnerDown:      {Actor: "operator", Waiting: true},
	} {
		want.Code, want.Message = code, "at 7"
		if d := cmp.Diff(want, landfall.NewReason(code, "at %d", 7)); d != "" {
			t.Errorf("%s (-want +got)\n%s", code, d)
		}
	}
}

func TestChannelString(t *testing.T) {
	for c, want := range map[landfall.Channel]string{
		landfall.Text: "text", landfall.Reasoning: "reasoning", landfall.ToolArguments: "tool_arguments", landfall.Refusal: "refusal",
	} {
		if c.String() != want {
			t.Errorf("%d: %s", c, c)
		}
	}
}

func TestUsageAdd(t *testing.T) {
	got := landfall.Usage{Input: 1, Output: 2, Cached: 3}.Add(landfall.Usage{Input: 10, Output: 20, Cached: 30})
	if want := (landfall.Usage{Input: 11, Output: 22, Cached: 33}); got != want {
		t.Errorf("got %+v", got)
	}
}
