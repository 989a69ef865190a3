"""The inspector: while developing, each cross-origin request of an app with the browser's verdict, the cause and the fix"""
