namespace DistTrain.Security.Callers;

/// <summary>Statuses as they travel (grpc.io, "PROTOCOL-HTTP2").</summary>
internal static class GrpcStatus
{
    public const string Header = "grpc-status";
    public const string MessageHeader = "grpc-message";

    public const string PermissionDenied = "7";
    public const string Unauthenticated = "16";

    private const string InvalidArgument = "3";
    private const string ResourceExhausted = "8";

    /// <summary>True for what a caller did wrong, false for what went well or went wrong here.</summary>
    public static bool IsRefusal(string status) => status is InvalidArgument or PermissionDenied or ResourceExhausted or Unauthenticated;
}
