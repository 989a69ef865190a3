"""The code that runs in the app's own interpreter: it imports the app, describes it and answers requests with it.

Standard library of Python 3.9 to 3.14 only, since corsense need not be installed in the app's environment. `corsense.app.session`
starts it under the package name `_corsense_agent`, from this folder, so that the app sees none of corsense's modules and corsense
none of the app's. Imports in here are relative, or of the standard library; the frameworks are the app's, and are looked up once
the app has imported them.

The parent gets JSON values. `corsense.app.decoding` defines and checks them.
"""
