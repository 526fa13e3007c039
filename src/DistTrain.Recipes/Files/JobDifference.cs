using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Files;

/// <summary>A key that decides the bits and has another value in another job.</summary>
/// <param name="Path">Its dotted path.</param>
/// <param name="Before">Its value in the first, as in a job file; "none" where it is not there.</param>
/// <param name="Now">Its value in the second.</param>
public sealed record JobDifference(string Path, string Before, string Now)
{
    private const string None = "none";

    public override string ToString() => $"{Path}: {Before} before, {Now} now";

    internal static IReadOnlyList<JobDifference> Between(TrainingJob before, TrainingJob now)
    {
        var (old, other) = (Values(before), Values(now.AnsweredLike(before)));
        var free = JobKeys.All.Where(k => !k.DecidesBits && !k.DecidesBitsOf(before)).Select(k => k.Path).ToHashSet();
        return [.. old.Keys.Union(other.Keys).Where(path => !free.Contains(path))
            .Select(path => new JobDifference(path, old.GetValueOrDefault(path, None), other.GetValueOrDefault(path, None)))
            .Where(d => d.Before != d.Now)];
    }

    /// <summary>The values of the canonical form, by path.</summary>
    internal static Dictionary<string, string> Values(TrainingJob job)
    {
        var values = new Dictionary<string, string>();
        if (DocumentReader.Read(JobFile.Write(job), new Origin("", null, IsOverride: false), "", new Findings()) is MapNode root)
            Collect(root, "");
        return values;

        void Collect(MapNode section, string path)
        {
            foreach (var entry in section.Entries)
            {
                var own = path.Length == 0 ? entry.Key : $"{path}.{entry.Key}";
                if (entry.Value is MapNode inner)
                    Collect(inner, own);
                else
                    values[own] = Text(entry.Value);
            }
        }
    }

    private static string Text(Node node) => node switch
    {
        ScalarNode scalar => scalar.Text,
        ListNode list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        MapNode map => $"{{{string.Join(", ", map.Entries.Select(e => $"{e.Key}: {Text(e.Value)}"))}}}",
        _ => "",
    };
}
