namespace DistTrain.Security;

/// <summary>A file that says who may do what can't be used; the message tells a user why, one problem a line.</summary>
public sealed class SecurityFileException(string message, Exception? cause = null) : Exception(message, cause);
