using System.Globalization;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data;

/// <summary>What can be said of a dataset before anything is trained on it: what can't work, and what is almost surely a mistake.</summary>
public static class DatasetCheck
{
    /// <summary>From this magnitude of a feature on, hardly any rate trains a model whose weights start near 1 and below.</summary>
    public const float Large = 1e6f;

    /// <summary>From this root mean square of the label on, its errors are no longer near 1.</summary>
    private const double LargeLabel = 100;

    /// <summary>So many classes are never too many to ask about.</summary>
    private const int FewClasses = 20;

    /// <summary>Fewer examples a class than this, with more than <see cref="FewClasses"/>, look like numbers taken for classes.</summary>
    private const int FewExamples = 5;

    /// <summary>From this number of rows on, a column that counts them does not do so by chance.</summary>
    private const int FewestRows = 10;

    private static readonly string[] _labelNames = ["class", "target", "y", "labels", "category", "species"];

    /// <summary>Why a job can't train on the data, or null.</summary>
    public static string? Problem(Dataset data, DatasetRecipe recipe)
    {
        if (recipe.Normalize == InputNormalizations.None || data.Train.Values.IsEmpty)
            return null;
        var features = data.Train.Features;
        for (var feature = 0; feature < features; feature++)
        {
            var variance = VarianceOf(data.Train, feature);
            if (variance <= float.MaxValue)
                continue;
            var column = data.Columns is { } columns ? $", {columns.Describe(columns.OfFeature(feature))}" : "";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFullPath(recipe.Path!)}{column}: its variance over the training set is {variance:0.#e+0}, and float32 ends at {float.MaxValue:0.#e+0}, so dataset.normalize: {recipe.Normalize} can't bring it to deviation 1. Divide the column, by {Math.Sqrt(variance):0e+0} for instance.");
        }

        return null;
    }

    /// <summary>What is allowed and almost surely a mistake, one sentence each.</summary>
    public static IReadOnlyList<string> Warnings(Dataset data, DatasetRecipe recipe)
    {
        // A character may be rare.
        if (data.Train.HasTokens)
            return [];
        var tellsNumbers = recipe.Regression is not null;
        var (train, test) = tellsNumbers ? ([], []) : (data.Train.CountClasses(), data.Test.CountClasses());
        List<string> warnings = [.. tellsNumbers ? Numbers(data) : Classes(train, test, data.Train.Count)];
        if (data.Columns is { } columns)
            warnings.AddRange(Columns(data.Train, columns, train.Count(count => count > 0)));
        if (recipe.Normalize == InputNormalizations.None && data.Train.Largest() is var largest && largest >= Large)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"the largest feature is {largest:0.#e+0}, at which training hardly ever converges; {Cure(largest)}"));
        return warnings;
    }

    /// <summary>What to do about a large feature: beyond the root of float32's end its variance leaves float32 too.</summary>
    public static string Cure(float largest) => largest < MathF.Sqrt(float.MaxValue) ? "set dataset.normalize to feature, or divide the columns" : "divide the columns";

    private static IEnumerable<string> Classes(int[] train, int[] test, int examples)
    {
        var used = train.Count(count => count > 0);
        if (used == 1)
            yield return $"all training examples are of class {Array.FindIndex(train, count => count > 0)}: there is nothing to tell apart";
        List<int> unseen = [.. Enumerable.Range(0, train.Length).Where(c => train[c] == 0 && test[c] > 0)];
        if (unseen.Count > 0)
            yield return $"the test set has classes without a training example: {Some(unseen)}";
        if (used > FewClasses && examples < used * FewExamples)
            yield return $"{examples} training examples are of {used} different classes; is the label a number that is no class?";
        if (used * 2 < train.Length && train.Length > FewClasses)
            yield return $"labels go to {train.Length - 1}, and only {used} of these {train.Length} classes occur; number the classes from 0 without gaps";
    }

    private static IEnumerable<string> Numbers(Dataset data)
    {
        foreach (var (set, name) in new[] { (data.Train, "training"), (data.Test, "test") })
        {
            if (set.Count > 1 && set.Numbers.IndexOfAnyExcept(set.Number(0)) < 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"all {name} examples have the label {set.Number(0)}: there is nothing to tell, and R² is 0");
        }

        var square = 0.0;
        foreach (var number in data.Train.Numbers)
            square += (double)number * number;
        if (Math.Sqrt(square / data.Train.Count) is >= LargeLabel and var size)
            yield return string.Create(CultureInfo.InvariantCulture, $"the label is about {size:0.#e+0} in size, and a model's first outputs are near 0: errors as large make training diverge at usual rates; divide the column");
    }

    private static IEnumerable<string> Columns(ExampleSet train, TableColumns columns, int classes)
    {
        for (var feature = 0; feature < train.Features; feature++)
        {
            if (CountsRows(train, feature))
                yield return $"{columns.Describe(columns.OfFeature(feature))} counts the rows: as a feature it says nothing about a class; leave the column out";
        }

        if (!columns.IsLabelAssumed)
            yield break;
        var named = columns.Names is { } names ? Enumerable.Range(0, columns.Count).FirstOrDefault(c => c != columns.Label && _labelNames.Contains(names[c], StringComparer.OrdinalIgnoreCase), -1) : -1;
        var likely = named >= 0 ? named : classes > FewClasses ? FewestValues(train, columns) : -1;
        if (likely >= 0)
            yield return $"the label is taken from {columns.Describe(columns.Label)}, the last; if {columns.Describe(likely)} is the class, set dataset.label to {columns.Names?[likely] ?? $"{likely + 1}"}";
    }

    /// <summary>The first or last feature if it has few whole values, as a class would; -1 if neither does.</summary>
    private static int FewestValues(ExampleSet train, TableColumns columns)
    {
        foreach (var feature in new[] { 0, train.Features - 1 })
        {
            var values = new HashSet<float>();
            for (var row = 0; row < train.Count && values.Count <= FewClasses; row++)
                values.Add(train.Values[(row * train.Features) + feature]);
            if (values.Count is > 1 and <= FewClasses && values.All(value => value >= 0 && value == MathF.Floor(value)))
                return columns.OfFeature(feature);
        }

        return -1;
    }

    private static bool CountsRows(ExampleSet train, int feature)
    {
        var first = train.Values[feature];
        if (train.Count < FewestRows || first is not (0 or 1))
            return false;
        for (var row = 1; row < train.Count; row++)
        {
            if (train.Values[(row * train.Features) + feature] != first + row)
                return false;
        }

        return true;
    }

    private static double VarianceOf(ExampleSet train, int feature)
    {
        double mean = 0, squares = 0;
        for (var row = 0; row < train.Count; row++)
        {
            var value = train.Values[(row * train.Features) + feature];
            var before = value - mean;
            mean += before / (row + 1);
            squares += before * (value - mean);
        }

        return squares / train.Count;
    }

    private static string Some(List<int> classes) => string.Join(", ", classes.Take(10)) + (classes.Count > 10 ? $" and {classes.Count - 10} more" : "");
}
