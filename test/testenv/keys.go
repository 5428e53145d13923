package testenv

// Keys are AWS access keys. Only the examples from AWS's documentation are used here.
type Keys struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// OwnerKeys are the S3 server's root account: the one that tests look with.
func OwnerKeys() Keys {
	return Keys{
		AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	}
}

// RoleKeys are the temporary keys of an instance role: the ones that the mock IMDS hands out, and
// that the S3 server accepts together with their token only.
func RoleKeys() Keys {
	return Keys{
		AccessKeyID:     "ASIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		SessionToken:    "AQoDYXdzEJr1K0EXAMPLETOKENo5OytwEXAMPLE=",
	}
}
