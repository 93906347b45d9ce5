package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// ServedBy is the header in which a service says which of its processes answered.
const ServedBy = "X-Served-By"

// Sender sends requests to one URL and nowhere else: it follows no redirect and asks no proxy.
type Sender struct {
	client  *http.Client
	request *http.Request
	every   uint64 // each so many requests close their connection; 0: none does
	sent    atomic.Uint64
}

// SenderOptions say how to send.
type SenderOptions struct {
	Method                string
	Timeout               time.Duration // for a whole request, connecting included
	RequestsPerConnection int           // 1: no keep-alive; 0: connections are kept
	MaxInFlight           int
}

// NewSender makes a sender for an http or https URL.
func NewSender(target string, options SenderOptions) (*Sender, error) {
	parsed, err := url.Parse(target)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
		return nil, fmt.Errorf("%q: want a URL such as http://checkout.shop/checkout", target)
	}
	if options.RequestsPerConnection < 0 || options.MaxInFlight < 1 || options.Timeout <= 0 {
		return nil, errors.New("want a positive timeout and number in flight, and requests per connection of 0 or more")
	}
	request, err := http.NewRequest(options.Method, target, nil)
	if err != nil {
		return nil, err
	}
	return &Sender{
		request: request, every: uint64(options.RequestsPerConnection),
		client: &http.Client{
			Timeout:       options.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				MaxIdleConnsPerHost: options.MaxInFlight, IdleConnTimeout: time.Minute, DisableCompression: true,
				DisableKeepAlives: options.RequestsPerConnection == 1,
			},
		},
	}, nil
}

// Reachable waits until the target accepts a connection, without sending a request. It fails when the
// context ends before.
func (s *Sender) Reachable(ctx context.Context) error {
	address := s.request.URL.Host
	if s.request.URL.Port() == "" {
		address = net.JoinHostPort(s.request.URL.Hostname(), s.request.URL.Scheme) // the scheme is the port's name
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		connection, err := (&net.Dialer{}).DialContext(attempt, "tcp", address)
		cancel()
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing accepts connections: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Send sends one request and reads its answer to the end.
func (s *Sender) Send(ctx context.Context, due time.Time) Outcome {
	start := time.Now()
	code, server, err := s.exchange(ctx)
	outcome := Outcome{Code: code, Server: server, FromDue: time.Since(due), FromSend: time.Since(start)}
	if err != nil {
		outcome.Code, outcome.Failure = 0, reason(err)
	}
	return outcome
}

func (s *Sender) exchange(ctx context.Context) (code int, server string, err error) {
	request := s.request.Clone(ctx)
	request.Close = s.every > 0 && s.sent.Add(1)%s.every == 0
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header.Get(ServedBy), err
}

// reason puts a transport error into one of a few classes.
func reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "dns"
	case os.IsTimeout(err), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "reset"
	default:
		return "other"
	}
}
