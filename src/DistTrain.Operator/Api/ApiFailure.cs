using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DistTrain.Operator.Api;

/// <summary>What an answer of the API server, or the lack of one, means.</summary>
internal static class ApiFailure
{
    /// <summary>True for what a later try may do away with: all but our own mistakes, since rights and definitions may come later.</summary>
    public static bool IsPassing(Exception e) =>
        e is HttpOperationException or KubernetesException or HttpRequestException or IOException or OperationCanceledException or TimeoutException or JsonException;

    /// <summary>Somebody has changed the object since it was read.</summary>
    public static bool IsConflict(HttpOperationException e) => e.Response.StatusCode == HttpStatusCode.Conflict;

    /// <summary>There is no such object any more.</summary>
    public static bool IsGone(HttpOperationException e) => e.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone;

    /// <summary>A watch asked for changes that are no longer known: what there is has to be listed again.</summary>
    public static bool IsExpired(Exception e) => e switch
    {
        KubernetesException { Status.Code: (int)HttpStatusCode.Gone } => true,
        HttpOperationException { Response.StatusCode: HttpStatusCode.Gone } => true,
        _ => false,
    };

    /// <summary>One line for the log.</summary>
    /// <param name="e">What it answered.</param>
    /// <param name="resource">What it was asked for, such as trainingjobs.disttrain.dev.</param>
    public static string Explain(Exception e, string resource) => e switch
    {
        HttpOperationException { Response.StatusCode: HttpStatusCode.Forbidden } refused => $"this account has not the rights that it needs: {Message(refused)}",
        HttpOperationException { Response.StatusCode: HttpStatusCode.Unauthorized } => "it does not know this account: the token or certificate is missing, wrong or has expired",
        HttpOperationException { Response.StatusCode: HttpStatusCode.NotFound } => $"it has no {resource}: apply the CustomResourceDefinition of k8s/base first",
        HttpOperationException other => $"it answers {(int)other.Response.StatusCode}: {Message(other)}",
        KubernetesException watch => watch.Status?.Message ?? watch.Message,
        OperationCanceledException or TimeoutException => "it did not answer in time",
        _ => e.GetBaseException().Message,
    };

    private static string Message(HttpOperationException e)
    {
        try
        {
            return KubernetesJson.Deserialize<V1Status>(e.Response.Content ?? "")?.Message ?? e.Response.ReasonPhrase ?? "";
        }
        catch (JsonException)
        {
            return e.Response.ReasonPhrase ?? "";
        }
    }
}
