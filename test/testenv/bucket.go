package testenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bucket looks into one bucket.
type Bucket struct {
	name   string
	client *s3.Client
}

// Object is one entry of a listing.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time
}

// NewBucket makes a client that takes nothing from the environment.
func NewBucket(endpoint, region, name string, keys Keys) Bucket {
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       region,
		UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey,
			keys.SessionToken),
	})
	return Bucket{name: name, client: client}
}

// Name is the bucket's name.
func (b Bucket) Name() string { return b.name }

// Create makes the bucket; one that is ours already is fine.
func (b Bucket) Create(ctx context.Context) error {
	_, err := b.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &b.name})
	var owned *types.BucketAlreadyOwnedByYou
	if err != nil && !errors.As(err, &owned) {
		return fmt.Errorf("create bucket %s: %w", b.name, err)
	}
	return nil
}

// List returns all objects in the order of their keys.
func (b Bucket) List(ctx context.Context) ([]Object, error) {
	var objects []Object
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list bucket %s: %w", b.name, err)
		}
		for _, o := range page.Contents {
			objects = append(objects, Object{aws.ToString(o.Key), aws.ToInt64(o.Size), aws.ToTime(o.LastModified)})
		}
	}
	slices.SortFunc(objects, func(x, y Object) int { return cmp.Compare(x.Key, y.Key) })
	return objects, nil
}

// Put stores an object.
func (b Bucket) Put(ctx context.Context, key, content string) error {
	if _, err := b.client.PutObject(ctx,
		&s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: strings.NewReader(content)}); err != nil {
		return fmt.Errorf("put object %s: %w", key, err)
	}
	return nil
}

// Uploads returns the keys of the unfinished multipart uploads.
func (b Bucket) Uploads(ctx context.Context) ([]string, error) {
	var keys []string
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list uploads of bucket %s: %w", b.name, err)
		}
		for _, u := range page.Uploads {
			keys = append(keys, aws.ToString(u.Key))
		}
	}
	return keys, nil
}

// AbortUploads removes the parts of all multipart uploads, and returns how many there were.
func (b Bucket) AbortUploads(ctx context.Context) (n int, err error) {
	list, err := b.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &b.name})
	if err != nil {
		return 0, fmt.Errorf("list uploads of bucket %s: %w", b.name, err)
	}
	for n, u := range list.Uploads {
		if _, err := b.client.AbortMultipartUpload(ctx,
			&s3.AbortMultipartUploadInput{Bucket: &b.name, Key: u.Key, UploadId: u.UploadId}); err != nil {
			return n, fmt.Errorf("abort upload of %s: %w", aws.ToString(u.Key), err)
		}
	}
	return len(list.Uploads), nil
}

// Read returns an object's content with its Content-Encoding undone.
func (b Bucket) Read(ctx context.Context, key string) ([]byte, error) {
	got, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("get object %s: %w", key, err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, fmt.Errorf("read object %s: %w", key, err)
	}
	text, err := decode(aws.ToString(got.ContentEncoding), body)
	if err != nil {
		return nil, fmt.Errorf("decode object %s: %w", key, err)
	}
	return text, nil
}
