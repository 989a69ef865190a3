"""The code that runs in the app's own interpreter: it imports the app, describes it and answers requests with it.

Pure standard library of Python 3.9 to 3.14, since the app's environment has nothing of ours. `corsense.app.session` starts it
under the package name `_corsense_agent`, from this folder, so that the app sees none of corsense's modules and corsense none of
the app's. Imports in here are relative, or of the standard library; the frameworks are the app's, and are looked up once the
app has imported them.

What goes to the parent are JSON values. `corsense.app.decoding` says which, and checks each of them.
"""
