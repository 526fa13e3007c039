using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Named;

namespace DistTrain.Recipes.Reading;

/// <summary>The document of a job, before and while it is resolved.</summary>
internal static class JobDocument
{
    /// <summary>The job of a document that is no probe, with what its recipe brings; null when the findings have a problem.</summary>
    public static TrainingJob? Read(MapNode root, Findings findings)
    {
        KeepOneLength(root);
        LayRecipe(root);
        return JobReader.Read(root, findings);
    }

    /// <summary>A document of its own with that spec.</summary>
    public static MapNode Around(MapNode spec, string source)
    {
        var root = Empty(source);
        root.Set(JobKeys.Spec.Path, spec.Origin, spec);
        return root;
    }

    /// <summary>One that says nothing but what it is.</summary>
    public static MapNode Empty(string source)
    {
        var origin = new Origin(source, null, IsOverride: false);
        var root = new MapNode(origin);
        root.Set(JobKeys.ApiVersionKey.Path, origin, new ScalarNode(origin, JobKeys.ApiVersion, isQuoted: false));
        root.Set(JobKeys.KindKey.Path, origin, new ScalarNode(origin, JobKeys.Kind, isQuoted: false));
        return root;
    }

    /// <summary>What the job leaves out is taken from its recipe; a name that is none is found by the reader.</summary>
    private static void LayRecipe(MapNode root)
    {
        if (root.Find(JobKeys.Spec.Name) is MapNode spec
            && spec.Find(JobKeys.Recipe.Name) is ScalarNode name
            && NamedRecipe.All.FirstOrDefault(r => r.Name == name.Text) is { } recipe)
        {
            Layering.Under(spec, recipe.Spec, JobKeys.Spec.Path);
        }
    }

    /// <summary>Epochs and steps exclude each other, so an override of one takes the file's other away.</summary>
    private static void KeepOneLength(MapNode root)
    {
        if (root.Find(JobKeys.Spec.Name) is not MapNode spec
            || spec.Find(JobKeys.Epochs.Name) is not { } epochs
            || spec.Find(JobKeys.Steps.Name) is not { } steps
            || epochs.Origin.IsOverride == steps.Origin.IsOverride)
        {
            return;
        }

        var dropped = epochs.Origin.IsOverride ? JobKeys.Steps : JobKeys.Epochs;
        var origin = spec.Entry(dropped.Name)!.Origin;
        spec.Set(dropped.Name, origin, new ScalarNode(origin, "null", isQuoted: false));
    }
}
