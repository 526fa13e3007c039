using System.Security.Authentication;

namespace DistTrain.Security.Certificates;

/// <summary>A peer's certificate was not taken; the message says why, in words that begin "its certificate".</summary>
public sealed class PeerCertificateException(string message) : AuthenticationException(message);
