using DistTrain.Cli.Verification;
using DistTrain.Page.Data;
using DistTrain.Protocol;

namespace DistTrain.Cli.Reports;

/// <summary>The ledger check of <c>verify</c> over a history while it is read, and where it did not hold.</summary>
/// <param name="check">Null: there is nothing to hold it against.</param>
internal sealed class CheckedHistory(LedgerCheck? check)
{
    private readonly List<long> _broken = [];
    private readonly List<string> _unread = [];
    private int _problems;
    private bool _isDamaged;

    /// <summary>The next event.</summary>
    public void Add(MetricsEvent next)
    {
        if (check is null)
            return;
        check.Add(next);
        if (check.Problems.Count > _problems && _broken.Count < LedgerFindings.MostListed)
            _broken.Add(next.StepNumber);
        _problems = check.Problems.Count;
    }

    /// <summary>A line that can't be read.</summary>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="isCutOff">It is the last one: a kill or a full disk did that, and what is before it may be right.</param>
    public void Add(string problem, bool isCutOff)
    {
        _unread.Add(problem);
        _isDamaged |= !isCutOff;
    }

    /// <summary>What was found, at the end of the history.</summary>
    public LedgerFindings Findings()
    {
        if (check is null)
            return new LedgerFindings(LedgerFindings.Unchecked, 0, [], [], 0);
        var isRight = check.Problems.Count == 0 && !_isDamaged;
        check.End();
        List<string> problems = [.. _unread, .. check.Problems];
        var verdict = problems.Count == 0 ? LedgerFindings.Unbroken : isRight ? LedgerFindings.Short : LedgerFindings.IsBroken;
        return new LedgerFindings(verdict, check.Examples, _broken, [.. problems.Take(LedgerFindings.MostListed)], problems.Count);
    }
}
