package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
)

type meView struct {
	personView
	SecondFactor bool `json:"second_factor" doc:"whether this session gave one"`
	MFARequired  bool `json:"mfa_required" doc:"whether grave deeds ask for one here"`
}

type passwordInput struct {
	Body struct {
		OldPassword string `json:"old_password" maxLength:"1024" example:"the passphrase you have"`
		NewPassword string `json:"new_password" maxLength:"1024" example:"another long passphrase"`
	}
}

type codeInput struct {
	Body struct {
		Code string `json:"code" maxLength:"16" example:"123456"`
	}
}

type removeFactorInput struct {
	Body struct {
		Password string `json:"password" maxLength:"1024" example:"the passphrase you have"`
	}
}

type factorView struct {
	Secret     string `json:"secret" doc:"base32, for an authenticator app"`
	OTPAuthURL string `json:"otpauth_url"`
}

type recoveryView struct {
	RecoveryCodes []string `json:"recovery_codes" doc:"each works once in place of a code; shown only now"`
}

func (a *API) accountRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/me", ID: "me", Act: access.UseAccount, tag: "account", summary: "Who am I?"},
		func(ctx context.Context, _ *empty) (*reply[meView], error) {
			who := access.From(ctx)
			p, err := a.People.Find(ctx, a.DB, who.ID)
			if err != nil {
				return nil, err
			}
			return &reply[meView]{meView{viewPerson(p), who.SecondFactor, who.RequireMFA}}, nil
		})
	handle(a, Route{Method: "PUT", Path: Base + "/me/password", ID: "change-password", Act: access.UseAccount, tag: "account", status: 204, summary: "Change the password; every session ends, this one too"},
		func(ctx context.Context, in *passwordInput) (*empty, error) {
			return nil, a.People.ChangePassword(ctx, in.Body.OldPassword, in.Body.NewPassword)
		})
	handle(a, Route{Method: "POST", Path: Base + "/me/totp", ID: "start-totp", Act: access.UseAccount, tag: "account", summary: "Begin to set up a second factor"},
		func(ctx context.Context, _ *empty) (*reply[factorView], error) {
			secret, url, err := a.People.StartTOTP(ctx)
			if err != nil {
				return nil, err
			}
			return &reply[factorView]{factorView{secret, url}}, nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/me/totp/confirmation", ID: "confirm-totp", Act: access.UseAccount, tag: "account", summary: "Prove the second factor with a code"},
		func(ctx context.Context, in *codeInput) (*reply[recoveryView], error) {
			codes, err := a.People.ConfirmTOTP(ctx, in.Body.Code)
			if err != nil {
				return nil, err
			}
			return &reply[recoveryView]{recoveryView{codes}}, nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/me/totp/removal", ID: "remove-totp", Act: access.UseAccount, tag: "account", status: 204, summary: "Remove the second factor; every session ends"},
		func(ctx context.Context, in *removeFactorInput) (*empty, error) {
			return nil, a.People.RemoveTOTP(ctx, in.Body.Password)
		})
}
