"""python -m creditbank_client is creditbank-client."""

import sys

from creditbank_client.command import main

sys.exit(main())
