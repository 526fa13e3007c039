using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Operator.Resources;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Api;

/// <summary>
/// Events on objects, as <c>kubectl describe</c> shows them. Each has a name that follows from what it tells: told again, by another operator perhaps, it is there
/// already. They are for people alone: what the API server does not take is lost, and nothing waits for it.
/// </summary>
internal sealed class ObjectEvents(IKubernetes kubernetes, ILogger<ObjectEvents> logger)
{
    private const string Component = "disttrain-operator";

    private const int DigestLength = 16;

    /// <summary>Longest message that an API server takes.</summary>
    private const int LongestMessage = 1024;

    /// <summary>Tells one.</summary>
    public async Task TellAsync(JobResource resource, ObjectEvent told, CancellationToken cancel)
    {
        var metadata = resource.Metadata;
        var text = string.Create(CultureInfo.InvariantCulture, $"{metadata.Uid}/{told.At.ToUnixTimeMilliseconds()}/{told.Reason}/{told.Message}");
        var made = new Corev1Event
        {
            Metadata = new V1ObjectMeta
            {
                Name = $"{metadata.Name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..DigestLength]}",
                NamespaceProperty = metadata.NamespaceProperty,
            },
            InvolvedObject = new V1ObjectReference
            {
                ApiVersion = resource.ApiVersion,
                Kind = resource.Kind,
                Name = metadata.Name,
                NamespaceProperty = metadata.NamespaceProperty,
                Uid = metadata.Uid,
            },
            Type = told.IsWarning ? "Warning" : "Normal",
            Reason = told.Reason,
            Message = told.Message.Length <= LongestMessage ? told.Message : told.Message[..(LongestMessage - 1)] + "…",
            Source = new V1EventSource { Component = Component },
            FirstTimestamp = told.At.UtcDateTime,
            LastTimestamp = told.At.UtcDateTime,
            Count = 1,
        };
        try
        {
            await kubernetes.CoreV1.CreateNamespacedEventAsync(made, metadata.NamespaceProperty, cancellationToken: cancel);
        }
        catch (HttpOperationException e) when (ApiFailure.IsConflict(e))
        {
            // Told already.
        }
        catch (Exception e) when (ApiFailure.IsPassing(e) && !cancel.IsCancellationRequested)
        {
            OperatorLog.NotTold(logger, resource.Title, told.Reason, ApiFailure.Explain(e, "events"));
        }
    }
}
