# "client.py ENDPOINT BUCKET" puts an object for each line of input, with unmodified boto3. A line is a key, or
# "new KEY" to begin a new session for it.
import sys

import boto3
from botocore.config import Config

endpoint, bucket = sys.argv[1:]


def connect():
    return boto3.session.Session().client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))


client = connect()
for line in sys.stdin:
    key = line.split()[-1]
    if line.startswith("new "):
        client = connect()
    client.put_object(Bucket=bucket, Key=key, Body=b"boto3")
    print(key, flush=True)
