package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A client speaks to the API as one person, the way any program outside would.
type client struct {
	base  string // the server's address
	token string // "" speaks as a stranger
	http  *http.Client
}

func newClient(base string) *client {
	return &client{base: base, http: &http.Client{Timeout: 30 * time.Second}}
}

// signIn returns a client that speaks as the account.
func (c *client) signIn(ctx context.Context, a Account) (*client, error) {
	var out struct {
		AccessToken string `json:"access_token"`
	}
	in := map[string]string{"email": a.Email, "password": a.Password}
	if a.TOTPSecret != "" {
		code, err := code(a.TOTPSecret)
		if err != nil {
			return nil, err
		}
		in["otp"] = code
	}
	if err := c.want(ctx, http.StatusOK, "POST", "/api/v1/auth/login", in, &out); err != nil {
		return nil, err
	}
	return &client{base: c.base, token: out.AccessToken, http: c.http}, nil
}

// want sends a request and reads the answer into out. Any other status than
// the wanted one is an error that shows the answer.
func (c *client) want(ctx context.Context, status int, method, path string, in, out any) error {
	got, body, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	if got != status {
		return fmt.Errorf("%s %s answered %d, not %d: %.300s", method, path, got, status, body)
	}
	if out == nil {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = body
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c *client) send(ctx context.Context, method, path string, in any) (status int, body []byte, err error) {
	var r io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, nil, err
		}
		r = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return 0, nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, 16<<20))
	return res.StatusCode, body, err
}
