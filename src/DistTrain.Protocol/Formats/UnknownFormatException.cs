namespace DistTrain.Protocol.Formats;

/// <summary>
/// A document of a version that this program does not read. Not a damaged one: nothing may be passed over or written in its place. The message is for
/// a user.
/// </summary>
public sealed class UnknownFormatException(string message) : Exception(message);
