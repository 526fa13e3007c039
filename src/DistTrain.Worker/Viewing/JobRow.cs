using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Worker.Viewing;

/// <summary>A job as the page lists it.</summary>
/// <param name="Job">Its id.</param>
/// <param name="Name">As in its job file.</param>
/// <param name="Submitter">Whose it is.</param>
/// <param name="State">queued, running, completed, failed or cancelled.</param>
/// <param name="Place">In the queue, from 1; null: it is not in it.</param>
/// <param name="Why">Why it is as it is: what was decided of it last; of a failure its reason; null: nobody has looked at it here.</param>
/// <param name="Waits">What it has been waiting for for long; null: nothing.</param>
/// <param name="Step">Steps committed.</param>
/// <param name="TotalSteps">Of the whole job; 0 while unknown.</param>
/// <param name="SubmittedAt">UTC.</param>
/// <param name="Silos">Where its ranks were seen last; empty: they run nowhere.</param>
internal sealed record JobRow(
    string Job,
    string Name,
    string Submitter,
    string State,
    int? Place,
    string? Why,
    string? Waits,
    long Step,
    long TotalSteps,
    DateTimeOffset SubmittedAt,
    IReadOnlyList<RankPlaces> Silos);

/// <summary>The ranks of a job at one silo.</summary>
/// <param name="Silo">Its address, host:port.</param>
/// <param name="Ranks">Their numbers.</param>
internal sealed record RankPlaces(string Silo, IReadOnlyList<int> Ranks);

/// <summary>The page's first view.</summary>
/// <param name="Own">Where the page is that tells it.</param>
/// <param name="Pages">Where the pages of this cluster's silos are.</param>
/// <param name="Caller">Who sees it; null: nobody is asked.</param>
/// <param name="Role">In which role.</param>
/// <param name="Jobs">The caller's, or all for an operator; the unfinished ones first, in the order in which they start, then the newest.</param>
/// <param name="Left">Finished ones that are not listed.</param>
internal sealed record ClusterView(string Own, IReadOnlyList<string> Pages, string? Caller, string? Role, IReadOnlyList<JobRow> Jobs, int Left)
{
    /// <summary>UTF-8, on one line.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(new ClusterDocument(this), ViewJson.Default.ClusterDocument);
}

/// <summary>By this key a page knows that it is one of a cluster.</summary>
internal sealed record ClusterDocument(ClusterView Cluster);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClusterDocument))]
internal sealed partial class ViewJson : JsonSerializerContext;
