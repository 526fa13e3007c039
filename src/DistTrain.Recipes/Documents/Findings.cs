namespace DistTrain.Recipes.Documents;

/// <summary>Collects the problems of one reading, so that the user sees all of them at once.</summary>
internal sealed class Findings
{
    /// <summary>More problems than this come from a file that is no job file at all; the rest would bury the first.</summary>
    public const int Limit = 100;

    private readonly List<JobProblem> _problems = [];
    private readonly List<JobProblem> _warnings = [];
    private int _leftOut;

    public bool Any => _problems.Count > 0;

    /// <summary>What is allowed but likely a mistake: in order of line, those of overrides last.</summary>
    public IReadOnlyList<JobProblem> Warnings => _warnings;

    public void Add(Origin origin, string path, string rule, string? value = null, string? suggestion = null) =>
        Add(new JobProblem(path, value, rule, suggestion, origin.Source, origin.Line), origin.IsOverride);

    /// <param name="problem">The problem.</param>
    /// <param name="isOverride">True when it comes from <c>--set</c>: such problems have no line and are listed last.</param>
    public void Add(JobProblem problem, bool isOverride)
    {
        if (_problems.Count == Limit)
            _leftOut++;
        else
            _problems.Insert(PlaceOf(problem, isOverride, _problems), problem);
    }

    /// <summary>Tells the user of something that is allowed but likely a mistake.</summary>
    public void Warn(Origin origin, string path, string rule, string? value = null, string? suggestion = null)
    {
        var warning = new JobProblem(path, value, rule, suggestion, origin.Source, origin.Line);
        _warnings.Insert(PlaceOf(warning, origin.IsOverride, _warnings), warning);
    }

    /// <summary>All problems in order of line, those of overrides last.</summary>
    public IReadOnlyList<JobProblem> All() =>
        _leftOut == 0
            ? _problems
            : [.. _problems, new JobProblem("", null, $"{_leftOut} more problems are left out", null, _problems[^1].Source, null)];

    private static int PlaceOf(JobProblem problem, bool isOverride, List<JobProblem> among)
    {
        if (isOverride)
            return among.Count;
        var later = among.FindIndex(p => p.Line is null || p.Line > problem.Line);
        return later < 0 ? among.Count : later;
    }
}
