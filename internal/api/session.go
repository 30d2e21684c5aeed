package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/identity"
)

type tokensView struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type" example:"Bearer"`
	ExpiresIn    int    `json:"expires_in" doc:"seconds until the access token expires"`
	RefreshToken string `json:"refresh_token" doc:"good for one use; each refresh gives the next"`
}

func viewTokens(t identity.Tokens) *reply[tokensView] {
	return &reply[tokensView]{tokensView{t.Access, "Bearer", int(t.ExpiresIn.Seconds()), t.Refresh}}
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" example:"trainee@example.org"`
		Password string `json:"password" maxLength:"1024" example:"a long passphrase of yours"`
		OTP      string `json:"otp,omitempty" maxLength:"64" doc:"a code of the second factor, or a recovery code, where one is set up"`
	}
}

type refreshInput struct {
	Body struct {
		RefreshToken string `json:"refresh_token" maxLength:"128" example:"mJ0-the-token-that-login-gave"`
	}
}

type setupInput struct {
	Body struct {
		Token         string `json:"token" maxLength:"128" doc:"the set-up token printed at the first start" example:"the-set-up-token"`
		Email         string `json:"email" maxLength:"254" example:"admin@example.org"`
		Name          string `json:"name" maxLength:"200" example:"Ada Quist"`
		Password      string `json:"password" maxLength:"1024" example:"a long passphrase of yours"`
		LicenseNumber string `json:"license_number,omitempty" maxLength:"100"`
	}
}

func (a *API) sessionRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/auth/login", ID: "login", Act: access.SignIn, tag: "sign-in", summary: "Sign in"},
		func(ctx context.Context, in *loginInput) (*reply[tokensView], error) {
			t, err := a.People.Login(ctx, in.Body.Email, in.Body.Password, in.Body.OTP)
			if err != nil {
				return nil, err
			}
			return viewTokens(t), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/auth/refresh", ID: "refresh", Act: access.SignIn, tag: "sign-in", summary: "Get a new pair of tokens"},
		func(ctx context.Context, in *refreshInput) (*reply[tokensView], error) {
			t, err := a.People.Refresh(ctx, in.Body.RefreshToken)
			if err != nil {
				return nil, err
			}
			return viewTokens(t), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/auth/logout", ID: "logout", Act: access.SignIn, tag: "sign-in", status: 204, summary: "End this session"},
		func(ctx context.Context, _ *empty) (*empty, error) { return nil, a.People.Logout(ctx) })
	handle(a, Route{Method: "POST", Path: Base + "/setup", ID: "setup", Act: access.SignIn, tag: "sign-in", status: 201, summary: "Make the first admin"},
		func(ctx context.Context, in *setupInput) (*reply[createdView], error) {
			made, err := a.People.Setup(ctx, in.Body.Token, identity.NewPerson{
				Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password, LicenseNumber: in.Body.LicenseNumber,
			})
			if err != nil {
				return nil, err
			}
			return &reply[createdView]{viewCreated(made)}, nil
		})
}
